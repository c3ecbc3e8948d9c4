"""What goes over the wire between the two hosts of `scripts/cluster.sh`, as the interface of this one counts it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_COUNTERS = Path("/sys/class/net/eth0/statistics")

# What else may be counted: headers of Ethernet, IP, TCP and gRPC, a part of what goes along with payloads; and what
# Ray's processes tell one another meanwhile, calls and heartbeats.
HEADERS = 0.02
MESSAGES = 500_000


@dataclass
class Traffic:
    """Bytes that left this host and that came to it."""

    sent: int
    received: int


def _counted() -> Traffic:
    return Traffic(*(int((_COUNTERS / f"{way}_bytes").read_text()) for way in ("tx", "rx")))


@contextmanager
def counting() -> Iterator[Traffic]:
    """The traffic of a block, known at its end."""
    before = _counted()
    traffic = Traffic(0, 0)
    yield traffic
    after = _counted()
    traffic.sent, traffic.received = after.sent - before.sent, after.received - before.received


def carried_once(payload: int, counted: int) -> bool:
    """Whether that many bytes of payload went over the wire, and went there once."""
    return payload <= counted <= payload * (1 + HEADERS) + MESSAGES

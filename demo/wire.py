"""What goes over the wire between the two hosts of `scripts/cluster.sh`, as the interface of this one counts it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_COUNTERS = Path("/sys/class/net/eth0/statistics")

# Bytes that Ray's processes may tell one another meanwhile where no payload goes.
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


def carried_once(payloads: Sequence[int], counted: int) -> bool:
    """Whether each payload, of so many bytes, went over the wire once.

    More is counted than they have: headers of Ethernet, IP, TCP and gRPC, what Ray's processes tell one another, and
    what TCP sends again when its other side has to wait for a core. That is less than half a payload.
    """
    wanted = sum(payloads)
    return wanted <= counted <= wanted + (min(payloads) // 2 if payloads else MESSAGES)

"""Every language in each of two containers, exchanging through one store; killed and started again, nothing is lost."""

from __future__ import annotations

import itertools
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from container import ROOT, Container

sys.path.insert(0, str(ROOT / "tests" / "cross"))

from peer import Peer
from table import FORMATS, LANGUAGES

from dishtayantra_lmdb import LMDBConfig, LMDBTransport

# Without a /tmp of its own each JVM that is number 1 would have the same file of counters there.
WORDS = ("env", "JAVA_TOOL_OPTIONS=-XX:-UsePerfData")
SIZES = (1_200, 64 << 10)
FORMS = ("msgpack", "raw")
ROUNDS = 3
KILLED_IN_A_ROUND = 4
# Seconds; most writes are over by then.
LONGEST_WRITE = 0.003


class Company:
    """A process of each language in each container, every one number 1 of a namespace of its own."""

    def __init__(self, containers: tuple[Container, ...], place: Path) -> None:
        self._containers = {container.name: container for container in containers}
        self._place = place
        self._peers: dict[tuple[str, str], Peer] = {}

    @property
    def members(self) -> list[tuple[str, str]]:
        return list(itertools.product(self._containers, LANGUAGES))

    def ask(self, member: tuple[str, str], do: str, **request: Any) -> dict[str, Any]:
        """Asks a member, who is started when there is none."""
        return self._peer(member).ask(do, **request)

    def _peer(self, member: tuple[str, str]) -> Peer:
        name, language = member
        if member not in self._peers:
            container = self._containers[name]
            command = container.command(*WORDS, *LANGUAGES[language].command, str(container.mounted / "store"))
            log = self._place / f"{name}-{language}.log"
            self._peers[member] = Peer(f"{language} in {name}", command, log)
        return self._peers[member]

    def kill(self, member: tuple[str, str], request: dict[str, Any], seconds: float) -> None:
        """Kills a member so long after it was asked to write something."""
        self._peers[member].begin("write", **request)
        time.sleep(seconds)
        peer = self._peers.pop(member)
        peer.kill()
        assert peer.was_killed()

    def close(self) -> None:
        codes = {peer.name: peer.close() for peer in self._peers.values()}
        assert not any(codes.values()), f"exit codes {codes}"


@pytest.fixture
def company(place: Path, volume: Path) -> Iterator[Company]:
    # One as Docker makes it; the other has a user namespace and a clock of its own, too.
    containers = (
        Container("docker", volume, place / "docker"),
        Container("rootless", volume, place / "rootless", offset=86_400, user_namespace=True),
    )
    started = Company(containers, place)
    yield started
    started.close()


def request_of(number: int, form: str, size: int) -> dict[str, Any]:
    return {
        "key": f"{form}:{size}:{number}",
        "format": form,
        "seed": 1000 + 10 * number,
        "count": FORMATS[form].count(size),
        "inline": size < 4_096,
        "source": "",
        "target": "",
        "ttl_ms": 600_000,
        "txn_id": f"txn {number}",
        "checksum": True,
        "frame": None,
    }


def test_four_languages_in_two_containers(company: Company, volume: Path) -> None:
    print(f"seed {(seed := random.randrange(1 << 32))}")
    chance = random.Random(seed)
    # By its key what was asked for, and the envelope; None: it may since have been written once more.
    kept: dict[str, tuple[dict[str, Any], dict[str, Any] | None]] = {}
    number = 0
    for _ in range(ROUNDS):
        for writer in company.members:
            for form, size in itertools.product(FORMS, SIZES):
                request = request_of(number := number + 1, form, size)
                kept[request["key"]] = (request, company.ask(writer, "write", **request)["envelope"])
        for member in chance.sample(company.members, KILLED_IN_A_ROUND):
            request, _ = chance.choice(list(kept.values()))
            kept[request["key"]] = (request, None)
            company.kill(member, request, chance.random() * LONGEST_WRITE)
        # What the dead and the living have written, read by everybody, those who came instead among them.
        for reader in company.members:
            for request, written in chance.sample(list(kept.values()), 16):
                answer = company.ask(reader, "read", **request)
                assert answer["fault"] is None, (reader, request)
                assert written in (None, answer["envelope"])
    with LMDBTransport(LMDBConfig(db_path=str(volume / "store"))) as transport:
        assert set(transport.keys("")) == set(kept)
        report = transport.audit()
        assert report["faults"] == []
        assert report["loans"] == 0

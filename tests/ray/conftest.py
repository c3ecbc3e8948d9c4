"""One cluster for all tests, whose stores lie apart."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator

import pytest

# Before Ray is imported: a cluster of this machine alone, which asks nobody for a token and tells nobody.
os.environ["RAY_AUTH_MODE"] = "disabled"
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"

import ray
from clusters import MAP_SIZE, Nodes, until

HERE = os.path.dirname(__file__)


@pytest.fixture(scope="session", autouse=True)
def directory() -> Iterator[str]:
    """Where the stores of the tests lie, in this process and, by its environment, in all others."""
    place = tempfile.mkdtemp(prefix="dishtayantra-ray-tests-", dir="/dev/shm")
    # Sockets are there, whose paths are short.
    sessions = tempfile.mkdtemp(prefix="dy-ray-", dir="/tmp")
    os.environ["RAY_TMPDIR"] = sessions
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [HERE, os.environ.get("PYTHONPATH")]))
    os.environ["DISHTAYANTRA_RAY_DIRECTORY"] = place
    os.environ["DISHTAYANTRA_RAY_MAP_SIZE"] = str(MAP_SIZE)
    yield place
    # The last workers see that their node is gone, and end, meanwhile.
    until(lambda: shutil.rmtree(place, ignore_errors=True) or not os.path.exists(place))
    shutil.rmtree(sessions, ignore_errors=True)


@pytest.fixture(scope="session")
def cluster(directory: str) -> Iterator[Nodes]:
    """Nodes a, b, c and d, for all tests; a test that removes one has another."""
    assert not ray.is_initialized()
    made = Nodes()
    try:
        for name in "bcd":
            made.add(name)
        yield made
    finally:
        made.end()


@pytest.fixture
def nodes(cluster: Nodes) -> Nodes:
    """The nodes, with nothing in their stores."""
    cluster.clear()
    return cluster

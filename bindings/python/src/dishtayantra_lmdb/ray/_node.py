"""The node that this process is on, and its store."""

from __future__ import annotations

import fcntl
import hashlib
import os
import struct
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import ray
from ray.util.client import ray as client

from .._library.abi import VIEW_QUIET, logger
from .._library.fork import ProcessLock, generation
from .._library.pin import Pin
from .._library.types import LMDBConfig
from .._payload import formats
from .._store.reference import DB_NAME, DB_PATH, ENTRY, INPUT_KEY, REF, Reference
from .._store.transport import LMDBTransport
from ..errors import DiskFullError, MapFullError
from . import _places
from ._errors import NotOnNodeError
from ._options import in_use, options

# The databases of payloads, and of which nodes have copies of ours.
PAYLOADS, COPIES = "default", "copies"
# What the keys of copies begin with. Calculators put their results beside them.
PULLED = "pulled:"

_Made = TypeVar("_Made")

# ``struct flock``: type, whence, start, length, pid.
_LOCK = struct.Struct("hhqqi4x")


class Node:
    """A node of a cluster, as a process on it sees it, with its store open. Any thread may use it.

    Attributes:
        session: the session of Ray.
        node_id: the node, in hexadecimal.
        transport: the node's store.
    """

    def __init__(self, session: str, node_id: str) -> None:
        self.session = session
        self.node_id = node_id
        directory = in_use().directory
        _places.prepare(directory)
        raylets = _raylets()
        if node_id not in raylets:
            raise NotOnNodeError(
                f"node {node_id}, on which this process is, is dead to the cluster"
            )
        _places.reap(directory, (session, frozenset(raylets)))
        self._place = os.path.join(directory, f"{session}-{node_id}")
        self._lock = _places.enter(self._place, session, node_id, raylets[node_id])
        config = LMDBConfig(
            db_path=os.path.join(self._place, _places.STORE),
            map_size=options().limit(),
        )
        self.transport: LMDBTransport = LMDBTransport(config)
        try:
            self.transport.open()
        except BaseException:
            self.close()
            raise

    @property
    def path(self) -> str:
        """The directory of the store."""
        return self.transport.config.db_path

    def close(self) -> None:
        """Leaves the store; what was got from it stays valid."""
        self.transport.close()
        os.close(self._lock)

    def reference(self, key: str, entry_id: str, db_name: str = PAYLOADS) -> dict[str, Any]:
        """The reference to one entry, by the id that its put returned."""
        fields = {
            REF: True,
            INPUT_KEY: key,
            DB_PATH: self.path,
            DB_NAME: db_name,
            ENTRY: f"{self.transport._ready().id()}:{entry_id}",
        }
        # With what follows from them, the marker.
        return Reference.parse(fields).fields()

    def reference_to(self, pin: Pin, key: str, db_name: str) -> dict[str, Any]:
        """The reference to the entry under ``pin``."""
        return self.reference(key, _entry_id(pin), db_name)

    def look(self, key: str, db_name: str = PAYLOADS) -> Pin | None:
        """Pins a payload; None when there is none. Does not count as having opened it."""
        return self.transport._ready().view(db_name, key, VIEW_QUIET)

    def own(self, fields: Mapping[str, Any]) -> Pin | None:
        """Pins the payload of a reference to this node's store, as :meth:`look`."""
        key, db_name = fields[INPUT_KEY], fields[DB_NAME]
        pin = self.look(key, db_name)
        if pin is not None and not fields[ENTRY].endswith(f":{_entry_id(pin)}"):
            return None
        return pin

    def put_encoded(
        self, key: str, number: int, parts: list[Any], ttl: float, db_name: str = PAYLOADS
    ) -> str:
        """Puts what is encoded already. When the store is full, copies of other nodes' payloads
        are deleted, those that came first.

        Returns:
            The id of the entry.

        Raises:
            MapFullError: the store is full all the same.
            DiskFullError: its file system is.
        """
        settings = self.transport._settings(number, ttl, "", "")
        store = self.transport._ready()

        def put() -> str:
            return f"{store.put(db_name, key, parts, settings):016x}"

        return self.making_room(formats.size_of(parts), put)

    def making_room(self, nbytes: int, put: Callable[[], _Made]) -> _Made:
        """What ``put`` returns, which is repeated after deleting a copy as long as it raises that
        the store is full for these bytes.
        """
        # What no empty store could hold, no copy has to go for.
        can_fit = nbytes < self.transport.config.map_size
        copies: list[str] | None = None if can_fit else []
        while True:
            try:
                return put()
            except (MapFullError, DiskFullError) as error:
                if copies is None:
                    copies = self._copies()
                if not copies:
                    raise
                key = copies.pop()
                self.transport.delete(key)
                logger.info("evicted the pulled copy %s of node %s: %s", key, self.node_id, error)

    def _copies(self) -> list[str]:
        """The keys of pulled copies, those that came first last."""
        created = []
        for key in self.transport.keys(PULLED):
            pin = self.look(key)
            if pin is not None:
                created.append((pin.info().created_ns, key))
        return [key for _, key in sorted(created, reverse=True)]

    def try_lock(self, file: int, key: str) -> bool:
        """Whether this open file now has the lock of ``key`` among all processes and threads of
        the node; it is freed when the file is closed.
        """
        # One byte for each key in a file that stays empty: keys do not wait for each other but by
        # a chance of 1 in 2^62.
        request = _LOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, _place_of(key), 1, 0)
        try:
            fcntl.fcntl(file, fcntl.F_OFD_SETLK, request)
        except (BlockingIOError, PermissionError):
            return False
        return True

    def lock_file(self) -> int:
        """A file of one's own for :meth:`try_lock`."""
        name = os.path.join(self._place, _places.PULLS)
        return os.open(name, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)


def _place_of(key: str) -> int:
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), "big") >> 2


def _entry_id(pin: Pin) -> str:
    return f"{pin.info().entry_id:016x}"


def _raylets() -> dict[str, str]:
    """The sockets of the raylets of the nodes that live."""
    return {node["NodeID"]: node["RayletSocketName"] for node in ray.nodes() if node["Alive"]}


_current: Node | None = None
_generation = generation[0]
_opening = ProcessLock()

# Whether this process was forked from one in which Ray was initialised.
_forked = False


def _see_fork() -> None:
    global _forked
    _forked = _forked or ray.is_initialized()


os.register_at_fork(after_in_child=_see_fork)


def current() -> Node:
    """The node of this process, with its store open.

    Raises:
        NotOnNodeError: this process is on none.
        LMDBError: another of its kinds says why the store cannot be opened.
    """
    global _current, _generation
    session, node_id = _whereabouts()
    node = _current
    if (
        node is not None
        and node.node_id == node_id
        and node.session == session
        and _generation == generation[0]
    ):
        return node
    with _opening.lock:
        node = _current
        if node is not None and _generation == generation[0]:
            if (node.session, node.node_id) == (session, node_id):
                return node
            # Ray was initialised anew, elsewhere.
            node.close()
        _current, _generation = Node(session, node_id), generation[0]
        return _current


def _whereabouts() -> tuple[str, str]:
    if client.is_connected():
        raise NotOnNodeError(
            "this process uses Ray Client: it is on no node of the cluster and shares no memory "
            "with any; share and open payloads in tasks and actors, or run this program on a node"
        )
    if _forked and ray.is_initialized():
        raise NotOnNodeError(
            "this process was forked from one that uses Ray, whose calls never return in it; give "
            "it what the payload holds, or start it in another way than by fork"
        )
    if not ray.is_initialized():
        raise NotOnNodeError("Ray is not initialised in this process; call ray.init() first")
    context = ray.get_runtime_context()
    return context.get_session_name(), context.get_node_id()


def store_path() -> str:
    """The directory of this node's store, for calculators that are wrapped here
    (``lmdb_db_path``), and for other processes of the node, in any language.

    Raises:
        NotOnNodeError: this process is on no node.
        LMDBError: another of its kinds says why the store cannot be opened.
    """
    return current().path


def reap() -> list[str]:
    """Removes the stores of this machine that nobody uses and whose node is gone. It is done
    whenever a process opens its node's store, and every minute where payloads are shared.

    Returns:
        The directories that were removed.
    """
    session = None
    if ray.is_initialized() and not client.is_connected():
        name = ray.get_runtime_context().get_session_name()
        session = name, frozenset(_raylets())
    return _places.reap(options().directory, session)

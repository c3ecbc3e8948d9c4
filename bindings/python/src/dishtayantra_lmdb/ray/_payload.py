"""The handle that travels through Ray in place of a payload."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any

import ray
from ray.exceptions import (
    NodeDiedError,
    ObjectLostError,
    TaskUnschedulableError,
    WorkerCrashedError,
)

from .._library.pin import Pin
from .._payload import formats
from .._store.reference import DB_NAME, ENTRY, INPUT_KEY
from .._store.view import View
from ..errors import EntryNotFoundError, InvalidArgumentError
from . import _node, _tasks
from ._encoding import encode
from ._errors import PayloadLostError, lost
from ._leases import leases
from ._node import PAYLOADS, PULLED, Node
from ._options import options, seconds
from ._pulls import NO_ROOM, Pull

# What Ray says of a node that cannot give anything any more.
_GONE = (TaskUnschedulableError, NodeDiedError, WorkerCrashedError, ObjectLostError)

# What of a reference travels.
_FIELDS = (INPUT_KEY, DB_NAME, ENTRY)

# How long is waited until a node knows of a copy, in seconds.
_NOTED = 2.0

# When this process last gave a copy a new time to live.
_used: dict[str, float] = {}
_MOST_USED = 1024


class SharedPayload:
    """A payload in the store of a node, or an object of Ray's that the stores of nodes are caches
    of. Hand it to tasks and actors, and return it from them, also inside of lists and dicts: what
    travels is small, and on a node the payload is opened in place; on another it is copied into
    the store there, once for all of its processes and threads.

    A payload lives as long as there is a handle on some node and the process that made it lives;
    after that its time to live at most. Values, views and arrays of it stay valid by themselves.

    Only on Ray's own ways does a handle keep its payload alive. One that ``pickle`` made, that was
    caught in a remote function instead of being an argument of it, or that came by Ray Client can
    be opened as long as the payload lives for the sake of others; of an object of Ray's only where
    the node has a copy. Copying a handle gives the handle itself. Any thread may use one.

    Attributes:
        node_id: the node it was made on, in hexadecimal.
        key: its key in the store of that node.
    """

    __slots__ = (
        "__weakref__",
        "_fields",
        "_nbytes",
        "_number",
        "_source",
        "_token",
        "_ttl",
        "key",
        "node_id",
    )

    def __init__(
        self,
        node_id: str,
        fields: Mapping[str, Any],
        number: int,
        nbytes: int | None,
        ttl: float,
        token: Any,
        source: Any = None,
    ) -> None:
        """A handle; :func:`share`, :func:`share_loan` and :func:`from_ref` make one.

        Args:
            node_id: the node it was made on.
            fields: the reference that is valid there.
            number: the payload's format, or the one that is asked for of what is Ray's yet.
            nbytes: its size, if that is known.
            ttl: its time to live in seconds.
            token: what Ray counts; None: the payload, or its copies, have their time to live.
            source: the object of Ray's that it is a copy of, if it is one.
        """
        self.node_id: str = node_id
        self.key: str = fields[INPUT_KEY]
        self._fields = {name: fields[name] for name in _FIELDS if name in fields}
        self._number = number
        self._nbytes = nbytes
        self._ttl = ttl
        self._token = token
        self._source = source

    @classmethod
    def _keep(
        cls, node: Node, fields: Mapping[str, Any], number: int, nbytes: int, ttl: float
    ) -> SharedPayload:
        """A handle of a payload of this node, which it keeps alive."""
        made = cls(node.node_id, fields, number, nbytes, ttl, None)
        made._token = leases().take(node, fields, made._copy_key, ttl)
        return made

    @property
    def nbytes(self) -> int | None:
        """Bytes of the payload as it is stored; None for an object of Ray's that this process has
        not opened yet.
        """
        return self._nbytes

    @property
    def _copy_key(self) -> str:
        """The key of a copy in the stores of other nodes, which says what it is a copy of."""
        entry = self._fields.get(ENTRY)
        return self.key if entry is None else f"{PULLED}{entry}"

    @property
    def _is_rays(self) -> bool:
        """Whether it is an object of Ray's, of which there are copies alone."""
        return ENTRY not in self._fields

    def value(self, timeout: float | None = None) -> Any:
        """The payload; arrays and tables in it lie in place in the store of this node, and are
        read-only. Where that store is full, and deleting copies does not help, it is the value as
        Ray hands one on.

        Args:
            timeout: how many seconds are waited for it; None: ``pull_timeout`` of ``configure``.

        Raises:
            PayloadLostError: it is gone.
            LMDBTimeoutError: it did not come in time.
            NotOnNodeError: this process is on no node.
            Exception: for one by ``from_ref``, whatever ``ray.get`` of its object raises.
        """
        began = time.monotonic()
        wait = _seconds(timeout)
        try:
            pin = self._pin(wait)
        except NO_ROOM:
            return self._value_in_ray(max(began + wait - time.monotonic(), 1e-3))
        return formats.decode(pin, False)

    def view(self, timeout: float | None = None) -> View:
        """The payload in place, for a ``with`` block. Arguments and errors as for :meth:`value`.

        Raises:
            MapFullError: the store of this node is full.
        """
        self._pin(_seconds(timeout))
        node = _node.current()
        try:
            return node.transport.view(*self._place(node))
        except EntryNotFoundError as error:
            raise lost("it was deleted just now", self.node_id, self.key) from error

    def reference(self, timeout: float | None = None) -> dict[str, Any]:
        """What stands for the payload on this node, for calculators of every language here: they
        open it in place. It never leads to anything else, and is good for as long as the payload
        lives in the store of this node: hold the handle meanwhile. Arguments and errors as for
        :meth:`value`.

        Raises:
            MapFullError: the store of this node is full.
        """
        pin = self._pin(_seconds(timeout))
        node = _node.current()
        return node.reference_to(pin, *self._place(node))

    async def value_async(self, timeout: float | None = None) -> Any:
        """As :meth:`value`, for coroutines: another thread waits."""
        return await asyncio.to_thread(self.value, timeout)

    async def view_async(self, timeout: float | None = None) -> View:
        """As :meth:`view`, for coroutines: another thread waits."""
        return await asyncio.to_thread(self.view, timeout)

    async def reference_async(self, timeout: float | None = None) -> dict[str, Any]:
        """As :meth:`reference`, for coroutines: another thread waits."""
        return await asyncio.to_thread(self.reference, timeout)

    def delete(self, timeout: float | None = None) -> None:
        """Deletes the payload and its copies on every node, whoever has handles of it: opening it
        raises PayloadLostError from then on, what was got from it stays valid. Of an object of
        Ray's the copy on this node is deleted; Ray's object stays. The second time nothing happens.

        Args:
            timeout: how many seconds are waited for the node it was made on.

        Raises:
            LMDBTimeoutError: that node did not answer in time.
        """
        node = _node.current()
        node.transport.delete(self._copy_key)
        if self._is_rays:
            return
        if self.node_id == node.node_id:
            nodes = _tasks.delete_here(node, self._fields)
        else:
            pull = self._pull(node, _seconds(timeout))
            try:
                nodes = list(pull.get(_tasks.delete(self.node_id, self._fields)))  # type: ignore[call-overload]
            except _GONE:
                return
        for other in nodes:
            if other != node.node_id:
                _tasks.drop_copies(other, [self._copy_key])

    def _place(self, node: Node) -> tuple[str, str]:
        """Key and database of the payload in the store of this node."""
        if self.node_id == node.node_id and not self._is_rays:
            return self.key, self._fields[DB_NAME]
        return self._copy_key, PAYLOADS

    def _pin(self, timeout: float) -> Pin:
        node = _node.current()
        if self.node_id == node.node_id and not self._is_rays:
            pin = node.own(self._fields)
            if pin is None:
                raise lost("it is gone from the store of its node", self.node_id, self.key)
            return pin
        pin = node.look(self._copy_key)
        if pin is None:
            pin = self._pull(node, timeout).run(self._fetch, self._ttl)
            _used[self._copy_key] = time.monotonic()
        else:
            self._use(node)
        self._nbytes = pin.size
        return pin

    def _use(self, node: Node) -> None:
        """Has a copy that is used live on."""
        now = time.monotonic()
        if now - _used.get(self._copy_key, 0.0) < self._ttl / 3:
            return
        if len(_used) >= _MOST_USED:
            _used.clear()
        _used[self._copy_key] = now
        node.transport.touch(self._copy_key, self._ttl)

    def _pull(self, node: Node, timeout: float) -> Pull:
        return Pull(node, self.key, self._copy_key, self.node_id, self._nbytes, timeout)

    def _fetch(self, pull: Pull) -> tuple[int, list[Any]]:
        here = _node.current().node_id
        if self._source is not None:
            return self._of_source(pull, here)
        if self._is_rays:
            raise lost(
                "this handle of an object of Ray's was pickled outside of Ray, and this node has "
                "no copy of it",
                self.node_id,
                self.key,
            )
        number, payload = self._from_its_node(
            pull, _tasks.export(self.node_id, self._fields, here, self._ttl)
        )
        return number, [memoryview(payload)]

    def _of_source(self, pull: Pull, here: str) -> tuple[int, list[Any]]:
        """The copy of an object of Ray's. Whoever will delete copies knows of it before this handle
        can be gone, unless that node does not answer: then it has its time to live.
        """
        noted = None
        if self._token is not None:
            noted = _tasks.note_copy(self.node_id, self.key, here, self._ttl)
        encoded = encode(self._of_ray(pull.get(self._source)), self._number)
        if noted is not None:
            ray.wait([noted], timeout=min(_NOTED, pull.left()))
        return encoded

    def _from_its_node(self, pull: Pull, ref: Any) -> Any:
        """What a task on the payload's node returned."""
        try:
            found = pull.get(ref)
        except TimeoutError:
            ray.cancel(ref)
            raise
        except PayloadLostError:
            raise
        except _GONE as error:
            what = f"its node cannot give it any more ({type(error).__name__})"
            raise lost(what, self.node_id, self.key) from error
        if found is None:
            raise lost("it is gone from the store of its node", self.node_id, self.key)
        return found

    @staticmethod
    def _of_ray(value: Any) -> Any:
        if isinstance(value, SharedPayload):
            raise InvalidArgumentError(
                f"the object given to from_ref is a handle already, of {value.key!r}; use what "
                "ray.get gives"
            )
        return value

    def _value_in_ray(self, timeout: float) -> Any:
        """The value past the store of this node, which is full."""
        pull = self._pull(_node.current(), timeout)
        if self._source is not None:
            return self._of_ray(pull.get(self._source))
        return self._from_its_node(pull, _tasks.value(self.node_id, self._fields))[0]

    def __reduce__(self) -> tuple[Any, ...]:
        token, source = self._token, self._source
        if not _is_counted():
            # What Ray does not count it would keep for ever.
            token = source = None
        state = (self._number, self._nbytes, self._ttl, token, source)
        return type(self), (self.node_id, self._fields, *state)

    def __copy__(self) -> SharedPayload:
        return self

    def __deepcopy__(self, memo: object) -> SharedPayload:
        return self

    def __repr__(self) -> str:
        size = "of unknown size" if self._nbytes is None else f"{self._nbytes:,} bytes"
        return f"<SharedPayload {self.key} of node {self.node_id[:8]}: {size}>"


def _is_counted() -> bool:
    """Whether Ray serialises an argument or a result in this thread, and counts what is in it."""
    if not ray.is_initialized():
        return False
    try:
        context = ray._private.worker.global_worker.get_serialization_context()
        return bool(context.is_in_band_serialization())
    except AttributeError:
        # Private in Ray 2.60: one that cannot tell is trusted.
        return True


def _seconds(timeout: float | None) -> float:
    return options().pull_timeout if timeout is None else seconds("timeout", timeout)

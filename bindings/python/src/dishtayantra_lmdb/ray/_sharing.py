"""Making handles: of values, of payloads built in place, of objects of Ray's."""

from __future__ import annotations

import asyncio
import uuid
from types import TracebackType
from typing import TYPE_CHECKING, Any

import ray

from .._library.types import DataFormat
from .._payload import formats
from .._store.loan import Loan
from .._store.reference import DB_NAME, INPUT_KEY
from ..errors import InvalidArgumentError, StoreClosedError
from . import _node
from ._encoding import encode, number_of
from ._leases import leases
from ._options import time_to_live
from ._payload import SharedPayload

if TYPE_CHECKING:
    from typing_extensions import Self


def share(value: Any, *, ttl: float = 300, format: DataFormat | str | None = None) -> SharedPayload:
    """Puts a value into the store of this node, for tasks, actors and calculators on every node.

    Args:
        value: what a store can hold; every type comes back as itself. It is read while the call
            runs and not referred to afterwards.
        ttl: seconds over 0 for which the payload outlives this process, and copies outlive their
            last use. While somebody has a handle and this process lives, it does not expire.
        format: how to store it; default ``numpy`` for an array, ``raw`` for bytes, else
            ``msgpack``.

    Returns:
        The handle, to be passed through Ray.

    Raises:
        FormatError: something in the value cannot be stored; the message names the path.
        ConfigError: ``ttl`` is not allowed.
        MapFullError: the store of this node is full.
        NotOnNodeError: this process is on no node.
        LMDBError: another of its kinds says what went wrong.
    """
    ttl = time_to_live(ttl)
    node, key = _node.current(), _new_key()
    number, parts = encode(value, number_of(format))
    size = formats.size_of(parts)
    entry_id = node.put_encoded(key, number, parts, ttl)
    return SharedPayload._keep(node, node.reference(key, entry_id), number, size, ttl)


async def share_async(
    value: Any, *, ttl: float = 300, format: DataFormat | str | None = None
) -> SharedPayload:
    """As :func:`share`, for coroutines: another thread copies."""
    return await asyncio.to_thread(share, value, ttl=ttl, format=format)


def share_loan(
    nbytes: int, *, ttl: float = 300, format: DataFormat | str | None = None
) -> SharedLoan:
    """Memory in the store of this node to build a payload in, for a ``with`` block: leaving it
    publishes, an exception drops the loan.

    Args:
        nbytes: bytes of the payload; in format ``numpy`` those of the array's items.
        ttl: as for :func:`share`.
        format: what the payload will be; default bytes, ``raw``.

    Raises:
        MapFullError: the store of this node is full.
        NotOnNodeError: this process is on no node.
        LMDBError: another of its kinds says what went wrong.
    """
    ttl = time_to_live(ttl)
    node, key = _node.current(), _new_key()
    loan = node.making_room(nbytes, lambda: node.transport.loan(key, nbytes, format, ttl))
    return SharedLoan(node, loan, ttl)


class SharedLoan:
    """Memory of a node's store to build one payload in; :class:`~dishtayantra_lmdb.Loan` says what
    holds of memory and arrays once it is published.
    """

    __slots__ = ("_loan", "_node", "_payload", "_ttl")

    def __init__(self, node: _node.Node, loan: Loan, ttl: float) -> None:
        """Takes over a loan; :func:`share_loan` makes one."""
        self._node, self._loan, self._ttl = node, loan, ttl
        self._payload: SharedPayload | None = None

    @property
    def memory(self) -> memoryview:
        """What can be written; in format ``numpy`` the items of the array.

        Raises:
            StoreClosedError: the loan was published or dropped.
        """
        memory: memoryview = self._loan.memory
        return memory

    @property
    def size(self) -> int:
        """How many bytes can be written."""
        return int(self._loan.size)

    @property
    def payload(self) -> SharedPayload:
        """The handle.

        Raises:
            StoreClosedError: the loan is not published.
        """
        if self._payload is None:
            raise StoreClosedError(f"the loan for key {self._loan.key!r} is not published")
        return self._payload

    def array(self, dtype: Any = "u1", shape: int | tuple[int, ...] | None = None) -> Any:
        """The memory as a writable NumPy array; see :meth:`dishtayantra_lmdb.Loan.array`."""
        return self._loan.array(dtype, shape)

    def publish(self, size: int | None = None) -> SharedPayload:
        """Publishes the payload.

        Args:
            size: how many bytes of it; see :meth:`dishtayantra_lmdb.Loan.publish`.

        Returns:
            The handle.

        Raises:
            StoreClosedError: the loan was published or dropped already.
            LMDBError: another of its kinds says what went wrong.
        """
        key, node = self._loan.key, self._node
        fields = node.reference(key, self._loan.publish(size))
        pin = node.look(key)
        if pin is None:
            raise StoreClosedError(f"the payload {key!r} was deleted when it was published")
        self._payload = SharedPayload._keep(node, fields, pin.format, pin.size, self._ttl)
        return self._payload

    def drop(self) -> None:
        """Gives the memory back without publishing; the second time nothing happens."""
        self._loan.drop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None:
            self.drop()
        elif not self._loan.closed:
            self.publish()


def from_ref(
    ref: ray.ObjectRef[Any], *, ttl: float = 300, format: DataFormat | str | None = None
) -> SharedPayload:
    """A handle of an object of Ray's. Ray keeps the object, with its lineage and spilling: when its
    node is gone, Ray runs the task again that made it. The store of each node that opens the handle
    has a copy, for calculators there; the better choice for what many nodes read.

    Args:
        ref: the object, ready or not. Its value is one that a store can hold, and no handle.
        ttl: seconds over 0 that copies outlive their last use.
        format: how copies are stored; default as for :func:`share`.

    Raises:
        InvalidArgumentError: ``ref`` is no ``ray.ObjectRef``.
        ConfigError: ``ttl`` is not allowed.
        NotOnNodeError: this process is on no node.
    """
    if not isinstance(ref, ray.ObjectRef):
        raise InvalidArgumentError(
            f"ref is of type {type(ref).__name__}; allowed: a ray.ObjectRef, as remote calls and "
            "ray.put return"
        )
    ttl, node = time_to_live(ttl), _node.current()
    number = number_of(format)
    fields = {INPUT_KEY: f"{_node.PULLED}ref:{ref.hex()}", DB_NAME: _node.PAYLOADS}
    told = leases().watch(node, fields, ref, ttl) or None
    return SharedPayload(node.node_id, fields, number, None, ttl, told, ref)


def _new_key() -> str:
    return f"share:{uuid.uuid4().hex}"

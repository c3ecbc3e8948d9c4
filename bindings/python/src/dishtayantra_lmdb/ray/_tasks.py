"""What nodes do for each other, as tasks of Ray that take no CPU of the scheduler's."""

from __future__ import annotations

import os
import pickle
import time
from collections.abc import Iterable, Mapping
from typing import Any

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from .._library.abi import logger
from .._payload import formats
from .._store.reference import DB_NAME, INPUT_KEY
from ..errors import DiskFullError, MapFullError
from . import _node
from ._options import options

# How long is waited between two looks whether a pull has ended, in seconds.
_PAUSE = 0.05

# A payload as it travels: the number of its format, and its bytes.
Exported = tuple[int, Any]


def copies_of(key: str) -> str:
    """What the keys begin with under which the nodes are that have a copy of a payload."""
    return f"{key}\n"


def _export(fields: Mapping[str, Any], wanted_by: str, ttl: float) -> Exported | None:
    """The payload of a reference for another node; None when it is gone."""
    pin = _node.current().own(fields)
    if pin is None:
        return None
    # First: whoever deletes the payload then knows of the copy.
    _note_copy(fields[INPUT_KEY], wanted_by, ttl)
    return pin.format, pickle.PickleBuffer(pin)


def _note_copy(key: str, node_id: str, ttl: float) -> None:
    """Keeps in mind that a node has a copy, if there is room for it."""
    name = f"{copies_of(key)}{node_id}"
    try:
        _node.current().put_encoded(name, formats.RAW, [b""], ttl, _node.COPIES)
    except (MapFullError, DiskFullError) as error:
        logger.debug("the copy on node %s will have its time to live: %s", node_id, error)


def _value(fields: Mapping[str, Any]) -> list[Any] | None:
    """As :func:`_export`, the value as Ray hands one on, in a list; for who has no room."""
    pin = _node.current().own(fields)
    if pin is None:
        return None
    return [formats.decode(pin, False)]


def _drop_copies(keys: Iterable[str]) -> None:
    """Deletes copies of other nodes' payloads."""
    node = _node.current()
    end = time.monotonic() + options().pull_timeout
    for key in keys:
        # Whoever pulls it at this moment has the lock until the copy is there.
        file = node.lock_file()
        try:
            while not node.try_lock(file, key) and time.monotonic() < end:
                time.sleep(_PAUSE)
            node.transport.delete(key)
        finally:
            os.close(file)


def _delete(fields: Mapping[str, Any]) -> list[str]:
    """Deletes a payload of this node; returns the nodes that have copies."""
    return delete_here(_node.current(), fields)


def delete_here(node: _node.Node, fields: Mapping[str, Any]) -> list[str]:
    """Deletes a payload of the node of this process; returns the nodes that have copies."""
    transport, key = node.transport, fields[INPUT_KEY]
    transport.delete(key, fields[DB_NAME])
    nodes = []
    for name in transport.keys(copies_of(key), _node.COPIES):
        nodes.append(name.rpartition("\n")[2])
        transport.delete(name, _node.COPIES)
    return nodes


_remote = ray.remote(num_cpus=0, max_retries=2)
_EXPORT, _VALUE, _NOTE_COPY = map(_remote, (_export, _value, _note_copy))
_DROP_COPIES, _DELETE = map(_remote, (_drop_copies, _delete))


def _on(node_id: str, task: Any) -> Any:
    # Nothing but that node has it.
    return task.options(
        scheduling_strategy=NodeAffinitySchedulingStrategy(node_id, soft=False)
    ).remote


def export(node_id: str, fields: Mapping[str, Any], wanted_by: str, ttl: float) -> Any:
    """Has a node export a payload; returns Ray's object of an ``Exported``, or of None."""
    return _on(node_id, _EXPORT)(dict(fields), wanted_by, ttl)


def note_copy(node_id: str, key: str, copied_to: str, ttl: float) -> Any:
    """Tells a node that another has a copy; returns Ray's object, None when it knows already."""
    if node_id == copied_to:
        _note_copy(key, copied_to, ttl)
        return None
    return _on(node_id, _NOTE_COPY)(key, copied_to, ttl)


def value(node_id: str, fields: Mapping[str, Any]) -> Any:
    """Has a node give a value to Ray; returns Ray's object of it in a list, or of None."""
    return _on(node_id, _VALUE)(dict(fields))


def drop_copies(node_id: str, keys: list[str]) -> Any:
    """Has a node delete its copies of payloads; returns Ray's object."""
    return _on(node_id, _DROP_COPIES)(keys)


def delete(node_id: str, fields: Mapping[str, Any]) -> Any:
    """Has a node delete its payload; returns Ray's object of the nodes that have copies."""
    return _on(node_id, _DELETE)(dict(fields))

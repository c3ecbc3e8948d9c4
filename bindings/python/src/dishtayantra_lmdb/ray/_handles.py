"""Handles as wrapped calculators take and give them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from .._exchange import elsewhere
from .._exchange.config import LMDBCalculatorConfig
from .._payload import formats
from .._store.reference import DB_NAME, DB_PATH, ENTRY, INPUT_KEY
from .._store.resolve import holds_references, is_single, resolve
from . import _node
from ._leases import leases
from ._payload import SharedPayload
from ._pulls import NO_ROOM
from ._sharing import share

# Handles deeper in a payload, or among more, are left as they are: payloads are large.
_DEEPEST, _MOST = 8, 256
# Where results live until they are deleted, handles say this, in seconds.
_LONG = 3600.0


class Call:
    """One call of a calculator.

    Attributes:
        payload: what it is called with.
    """

    def __init__(self, payload: Any) -> None:
        self._began = time.time_ns()
        # By the entries that they stand for on this node.
        self._taken: dict[str, SharedPayload] = {}
        self.payload: Any = self._here(payload, 0)

    def _here(self, value: Any, depth: int) -> Any:
        if isinstance(value, SharedPayload):
            return self._reference(value)
        if type(value) in (dict, list, tuple) and depth < _DEEPEST and len(value) <= _MOST:
            # Nothing is copied that holds no handle.
            if type(value) is dict:
                made = {key: self._here(item, depth + 1) for key, item in value.items()}
                return made if any(made[key] is not value[key] for key in value) else value
            items = [self._here(item, depth + 1) for item in value]
            same = all(new is old for new, old in zip(items, value, strict=True))
            return value if same else type(value)(items)
        return value

    def _reference(self, handle: SharedPayload) -> Any:
        try:
            reference = handle.reference()
        except NO_ROOM:
            return handle.value()
        self._taken[reference[ENTRY]] = handle
        return reference

    def given(self, result: Any, config: LMDBCalculatorConfig) -> Any:
        """The result with a handle in place of references."""
        if not holds_references(result):
            return result
        if is_single(result):
            taken = self._taken.get(result.get(ENTRY))
            if taken is not None:
                return taken
            kept = _kept(result, config, self._began)
            if kept is not None:
                return kept
        # It cannot be told whose they are, and how long they live.
        value = resolve(result, lambda pin: formats.decode(pin, False))
        return share(value, ttl=_ttl(config), format=config.data_format)


def _kept(reference: Mapping[str, Any], config: LMDBCalculatorConfig, began_ns: int) -> Any:
    """The handle of a result that a call put into the store of this node, or the result when it is
    small; None for a reference to something else.
    """
    node = _node.current()
    if reference.get(DB_PATH) != node.path:
        return None
    key, db_name = reference[INPUT_KEY], reference[DB_NAME]
    if not key.startswith(f"{config.output_key_prefix}:") or leases().has(node, key):
        # Somebody has a handle of it already, whose end would be the end of this one, too.
        return None
    pin = node.look(key, db_name)
    if pin is None or pin.info().created_ns < began_ns:
        # What is older may be a result of another calculator's, whose process leases it.
        return None
    fields = node.reference_to(pin, key, db_name)
    if reference.get(ENTRY) not in (None, fields[ENTRY]):
        return None
    if pin.size < config.min_payload_size:
        # The calculator put it into the store itself. It travels faster than a handle is opened.
        node.transport.delete(key, db_name)
        return formats.decode(pin, True)
    return SharedPayload._keep(node, fields, pin.format, pin.size, _ttl(config))


def _ttl(config: LMDBCalculatorConfig) -> float:
    return config.ttl_seconds or _LONG


class _Handles:
    def taken(self, payload: Any) -> Call:
        return Call(payload)


elsewhere.use(_Handles())

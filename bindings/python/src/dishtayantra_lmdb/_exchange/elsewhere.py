"""Handles: what stands for payloads wherever they are, as references do on one host.

A module for clusters says here what its handles are. Calculators in mode ``reference`` then take
and give them, and see references.
"""

from __future__ import annotations

from typing import Any, Protocol

from .config import LMDBCalculatorConfig


class Call(Protocol):
    """One call of a calculator.

    Attributes:
        payload: what it is called with: the payload with references, or what could not be had as
            one itself, in place of handles.
    """

    payload: Any

    def given(self, result: Any, config: LMDBCalculatorConfig) -> Any:
        """The result with handles in place of references that are of this host alone."""


class Handles(Protocol):
    """What knows handles."""

    def taken(self, payload: Any) -> Call:
        """Begins a call.

        Raises:
            Exception: what a handle stands for cannot be had.
        """


_handles: Handles | None = None


def use(handles: Handles) -> None:
    """Has calculators in mode ``reference`` take and give handles."""
    global _handles
    _handles = handles


def handles() -> Handles | None:
    """What knows handles in this process, if there is anything."""
    return _handles

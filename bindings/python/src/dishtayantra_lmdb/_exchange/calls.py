"""Calling a calculator for steps that say with what, and go on with what it answered."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, Final

# Yields what the calculator gets, is sent its answer and its failure, and returns the result.
Steps = Generator[Any, tuple[Any, "Exception | None"], Any]


class _Failed:
    """What steps return when the calculator's last failure is the result."""


FAILED: Final = _Failed()


def run(
    steps: Steps,
    calculate: Callable[[Any], Any],
    called: tuple[Any, Exception | None] | None = None,
) -> Any:
    """Takes the steps.

    Args:
        steps: what to call the calculator with, and what to make of its answers.
        calculate: the calculator. The name is known to :mod:`.._library.origin`.
        called: what it answered to the first of them, and its failure, if it was called already.

    Returns:
        The result; an awaitable that gives it when the calculator answers by one.
    """
    turn: Any = None
    failure: Exception | None = None
    ends = True
    try:
        while True:
            try:
                message = steps.send(turn)
            except StopIteration as done:
                if done.value is FAILED and failure is not None:
                    break
                ends = False
                return done.value
            if called is None:
                try:
                    answer, failure = calculate(message), None
                except Exception as error:
                    answer, failure = None, error
            else:
                (answer, failure), called = called, None
            # Most answers are dicts.
            if type(answer) is not dict and is_awaitable(answer):
                ends = False
                return _run_later(steps, calculate, answer)
            turn = answer, failure
        raise failure
    finally:
        # A failure holds the frames that hold it.
        turn = failure = called = None
        if ends:
            steps.close()


async def _run_later(steps: Steps, calculate: Callable[[Any], Any], answer: Any) -> Any:
    """As :func:`run`, from the moment at which ``answer`` turned out to be awaitable."""
    failure: Exception | None = None
    turn: Any = None
    try:
        while True:
            try:
                answer, failure = (await answer if is_awaitable(answer) else answer), None
            except Exception as error:
                answer, failure = None, error
            turn = answer, failure
            try:
                message = steps.send(turn)
            except StopIteration as done:
                if done.value is FAILED and failure is not None:
                    break
                return done.value
            try:
                answer = calculate(message)
            except Exception as error:
                answer = _raising(error)
        raise failure
    finally:
        turn = failure = None
        steps.close()


async def _raising(error: Exception) -> Any:
    raise error


def is_awaitable(answer: Any) -> bool:
    """Whether a calculator's answer is still to come."""
    return hasattr(type(answer), "__await__")

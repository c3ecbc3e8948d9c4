"""How big the stores of nodes are, where they lie, and how long is waited for a payload."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, replace

from .._library.types import LONGEST_TTL, store_path, whole_number
from ..errors import ConfigError

DIRECTORY = "DISHTAYANTRA_RAY_DIRECTORY"
MAP_SIZE = "DISHTAYANTRA_RAY_MAP_SIZE"
PULL_TIMEOUT = "DISHTAYANTRA_RAY_PULL_TIMEOUT"

# The part of the file system that a store may take when nothing is said, but not less than this.
_SHARE = 4
_LEAST = 64 << 20
_MOST = (1 << 63) - 1


@dataclass(frozen=True)
class Options:
    """What is in force in this process.

    Attributes:
        directory: where the stores of this machine's nodes lie.
        map_size: how far a store may grow, in bytes; 0: a quarter of the file system, 64 MiB at
            least.
        pull_timeout: how many seconds are waited for a payload when a call does not say.
    """

    directory: str
    map_size: int
    pull_timeout: float

    def limit(self) -> int:
        """How far a store in the directory, which is there, may grow."""
        if self.map_size:
            return self.map_size
        space = os.statvfs(self.directory)
        return max(space.f_blocks * space.f_frsize // _SHARE, _LEAST)


def seconds(name: str, value: object, most: float = math.inf) -> float:
    """A time in seconds over 0, and up to ``most`` where that is given.

    Raises:
        ConfigError: it is none; the message names it.
    """
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        number = math.nan
    if isinstance(value, bool) or not 0 < number < math.inf or number > most:
        limit = "" if most == math.inf else f" up to {most}"
        raise ConfigError(f"{name}: {value!r} is not allowed; allowed are seconds over 0{limit}")
    return number


def time_to_live(value: object) -> float:
    """The argument ``ttl`` of a call: a time in seconds that every store takes.

    Raises:
        ConfigError: it is none.
    """
    return seconds("ttl", value, LONGEST_TTL)


def _bytes(name: str, value: object) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value)
    return whole_number(name, value, 0, _MOST)


def _from_environment() -> Options:
    default = f"/dev/shm/dishtayantra-ray-{os.getuid()}"
    return Options(
        directory=store_path(DIRECTORY, os.environ.get(DIRECTORY) or default),
        map_size=_bytes(MAP_SIZE, os.environ.get(MAP_SIZE) or 0),
        pull_timeout=seconds(PULL_TIMEOUT, os.environ.get(PULL_TIMEOUT) or 60),
    )


_options: Options | None = None
_is_used = False


def options() -> Options:
    """The options of this process: by :func:`configure`, else by the environment.

    Raises:
        ConfigError: a variable of the environment has a value that is not allowed.
    """
    global _options
    if _options is None:
        _options = _from_environment()
    return _options


def in_use() -> Options:
    """The options, for whoever opens a store by them: where it is does not change afterwards."""
    global _is_used
    _is_used = True
    return options()


def configure(
    *,
    directory: str | os.PathLike[str] | None = None,
    map_size: int | None = None,
    pull_timeout: float | None = None,
) -> None:
    """Sets options of this process, before it uses the store of its node. Workers are other
    processes: they go by the environment that ``ray start`` or ``runtime_env`` gives them, and all
    processes of a node need the same directory.

    Args:
        directory: where the stores of this machine's nodes lie, one in each; default
            ``DISHTAYANTRA_RAY_DIRECTORY``, else ``/dev/shm/dishtayantra-ray-<uid>``.
        map_size: how far a store may grow, in bytes; 0: a quarter of the file system, 64 MiB at
            least. Default ``DISHTAYANTRA_RAY_MAP_SIZE``.
        pull_timeout: how many seconds are waited for a payload when a call does not say; default
            ``DISHTAYANTRA_RAY_PULL_TIMEOUT``, else 60.

    Raises:
        ConfigError: a value is not allowed; the message names it. The store is open already.
    """
    global _options
    changed = options()
    if _is_used and not (directory is None and map_size is None):
        raise ConfigError(
            "directory and map_size cannot be set any more: this process has used its node's store "
            f"in {changed.directory}; call configure before anything else"
        )
    if directory is not None:
        changed = replace(changed, directory=store_path("directory", directory))
    if map_size is not None:
        changed = replace(changed, map_size=_bytes("map_size", map_size))
    if pull_timeout is not None:
        changed = replace(changed, pull_timeout=seconds("pull_timeout", pull_timeout))
    _options = changed

"""The directories of nodes' stores: who is in one, and which of them nobody needs any more.

Each is ``<directory>/<session>-<node id>/`` with ``store/``, ``node.json``, which says how to find
out whether the node lives, ``in_use``, on which every process of the store holds a shared lock, and
``pulls``, by which processes agree who pulls. The kernel frees the locks of a process however it
ends.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import socket
import stat
import time
from collections.abc import Iterator
from contextlib import suppress

from .._library.abi import logger
from ..errors import StoreIOError, StorePermissionError

STORE, PULLS = "store", "pulls"
_IN_USE, _NODE = "in_use", "node.json"
# What is being removed is renamed first: nobody enters it any more.
_GOING = ".going-"
# How often, in which seconds, somebody may remove a directory while it is being entered.
_ATTEMPTS, _PAUSE = 100, 0.05


def prepare(directory: str) -> None:
    """Makes the directory of this user's stores.

    Raises:
        StorePermissionError: it is somebody else's, or a link.
        StoreIOError: it cannot be made.
    """
    try:
        os.makedirs(directory, mode=0o700, exist_ok=True)
        found = os.lstat(directory)
    except OSError as error:
        raise StoreIOError(
            f"the directory of the nodes' stores, {directory}, cannot be made: {error}; "
            "DISHTAYANTRA_RAY_DIRECTORY names another"
        ) from error
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise StorePermissionError(
            f"{directory} is no directory of user {os.getuid()}, as that of the nodes' stores has "
            "to be; DISHTAYANTRA_RAY_DIRECTORY names another"
        )


def enter(place: str, session: str, node_id: str, raylet: str) -> int:
    """Makes a node's directory when it is not there, and says that this process uses it.

    Args:
        place: the directory.
        session: the session of Ray.
        node_id: the node, in hexadecimal.
        raylet: the socket of the node's raylet.

    Returns:
        A file descriptor that says so as long as it is open.
    """
    for _ in range(_ATTEMPTS):
        with suppress(FileExistsError):
            os.mkdir(place, mode=0o700)
        try:
            lock = os.open(
                os.path.join(place, _IN_USE), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600
            )
        except FileNotFoundError:
            continue
        if _locked(lock, fcntl.LOCK_SH) and _is_at(lock, place):
            _describe(place, session, node_id, raylet)
            return lock
        os.close(lock)
        time.sleep(_PAUSE)
    raise StoreIOError(f"{place} is removed again and again while it is opened")


def _locked(lock: int, how: int) -> bool:
    try:
        fcntl.flock(lock, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_at(lock: int, place: str) -> bool:
    """Whether what was locked is what others find there."""
    try:
        there = os.stat(os.path.join(place, _IN_USE))
    except FileNotFoundError:
        return False
    mine = os.fstat(lock)
    return (there.st_dev, there.st_ino) == (mine.st_dev, mine.st_ino)


def _describe(place: str, session: str, node_id: str, raylet: str) -> None:
    name = os.path.join(place, _NODE)
    if os.path.exists(name):
        return
    said = {"session": session, "node_id": node_id, "raylet": raylet, "mounts": _mounts()}
    with open(f"{name}.{os.getpid()}", "w", encoding="utf-8") as file:
        json.dump(said, file)
    os.replace(file.name, name)


def _mounts() -> int:
    """The mount namespace: paths of another say nothing here."""
    return os.stat("/proc/self/ns/mnt").st_ino


# A session, and the nodes of it that live.
Session = tuple[str, frozenset[str]]


def reap(directory: str, session: Session | None) -> list[str]:
    """Removes the stores in ``directory`` that nobody uses and whose node is gone.

    Args:
        directory: where they lie.
        session: the session that this process is in.

    Returns:
        The directories that were removed.
    """
    return [place for place in _places(directory) if _is_over(place, session) and _remove(place)]


def _places(directory: str) -> Iterator[str]:
    try:
        names = sorted(os.listdir(directory))
    except FileNotFoundError:
        return
    for name in names:
        place = os.path.join(directory, name)
        if name.startswith(_GOING):
            # Whoever removed it was ended meanwhile.
            shutil.rmtree(place, ignore_errors=True)
        elif os.path.isfile(os.path.join(place, _NODE)):
            yield place


def _is_over(place: str, session: Session | None) -> bool:
    """Whether the node of a store is gone for sure."""
    try:
        with open(os.path.join(place, _NODE), encoding="utf-8") as file:
            said = json.load(file)
        raylet, mounts = str(said["raylet"]), int(said["mounts"])
        of_session, node_id = str(said["session"]), str(said["node_id"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        logger.warning("%s is left: what it says of its node cannot be read: %s", place, error)
        return False
    if session is not None and of_session == session[0]:
        return node_id not in session[1]
    # Of another cluster's nodes only sockets tell, where paths mean the same as here.
    return mounts == _mounts() and not _answers(raylet)


def _answers(raylet: str) -> bool:
    """Whether somebody listens at a socket, or may do so."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        try:
            probe.connect(raylet)
        except (ConnectionRefusedError, FileNotFoundError):
            return False
        except OSError as error:
            logger.debug("the raylet at %s does not answer: %s", raylet, error)
    return True


def _remove(place: str) -> bool:
    """Removes a directory unless a process is in it."""
    try:
        lock = os.open(os.path.join(place, _IN_USE), os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        if not _locked(lock, fcntl.LOCK_EX) or not _is_at(lock, place):
            return False
        going = os.path.join(os.path.dirname(place), _GOING + os.path.basename(place))
        os.rename(place, going)
        shutil.rmtree(going, ignore_errors=True)
    except OSError:
        return False
    finally:
        os.close(lock)
    logger.info("removed %s: its node is gone", place)
    return True

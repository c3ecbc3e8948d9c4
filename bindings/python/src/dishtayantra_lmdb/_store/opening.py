"""Opening, closing, sharing, pickling and forking of what holds a store."""

from __future__ import annotations

import os
from types import TracebackType
from typing import TYPE_CHECKING, Any

from .._library.abi import logger
from .._library.fork import ProcessLock, generation
from .._library.types import LMDBCodecMixin, LMDBConfig, store_path
from ..errors import ConfigError, LMDBError, StoreClosedError
from .store import Store, data_file, identity

if TYPE_CHECKING:
    from typing_extensions import Self

_instances: dict[tuple[type, str], Any] = {}
_instances_lock = ProcessLock()


class StoreHolder(LMDBCodecMixin):
    """Holds a store while it is open; :class:`LMDBTransport` says what can be done with it."""

    def __init__(self, config: LMDBConfig | str | os.PathLike[str] | None = None) -> None:
        """A transport that is not open yet.

        Args:
            config: how to open the store, or its directory; default :class:`LMDBConfig`.

        Raises:
            ConfigError: it is neither.
        """
        if config is None:
            config = LMDBConfig()
        elif isinstance(config, (str, os.PathLike)):
            config = LMDBConfig(db_path=os.fspath(config))
        elif not hasattr(config, "db_path"):
            raise ConfigError(
                f"config: {config!r} is not allowed; allowed is an LMDBConfig, or the path of a "
                "directory"
            )
        self.config: LMDBConfig = config
        self._store: Store | None = None
        # The handle of the store that was opened last; once closed, it answers so.
        self._value = 0
        self._identity: tuple[int, int] | None = None
        self._failure: LMDBError | None = None
        self._generation = generation[0]
        self._lock = ProcessLock()

    @classmethod
    def get_instance(cls, path: str | None = None, *, db_path: str | None = None) -> Self:
        """The transport of a directory, opened: one per directory and process.

        Args:
            path: directory of the store; default :func:`default_db_path`.
            db_path: another name of ``path``.

        Returns:
            The transport; when the store cannot be opened, why is logged and it is not open.
        """
        directory = store_path("path", path or db_path or "")
        instance: Self | None = _instances.get((cls, directory))
        if instance is None:
            # Outside of the lock: this may run code of the engine.
            made = cls(LMDBConfig(db_path=directory))
            with _instances_lock.lock:
                instance = _instances.setdefault((cls, directory), made)
        instance.initialize()
        return instance

    def initialize(self) -> bool:
        """Opens the store; does nothing when it is open, unless somebody removed or replaced its
        files.

        Returns:
            Whether it is open. Why it is not is logged.
        """
        try:
            self.open()
        except LMDBError as error:
            self._failure = error
            logger.error("cannot open the store %s: %s", self.config.db_path, error)
            return False
        return True

    def open(self) -> Self:
        """Opens the store like :meth:`initialize`, but raises what went wrong.

        Returns:
            This transport.

        Raises:
            LMDBError: one of its kinds says why the store cannot be opened.
        """
        with self._lock.lock:
            file = data_file(self.config.db_path)
            if (
                self._store is None
                or self._generation != generation[0]
                or identity(file) != self._identity
            ):
                if self._store is not None:
                    # First: a directory made anew may get the old one's number.
                    self._store.close()
                self._store = Store.open(self.config)
                self._value = self._store.value
                self._generation = generation[0]
                self._identity = identity(file)
                self._failure = None
                logger.debug("opened the store %s", self.config.db_path)
        return self

    def close(self) -> None:
        """Releases the store; what was got from it stays valid. The second time nothing happens."""
        with self._lock.lock:
            store, self._store = self._store, None
        if store is not None:
            store.close()
            logger.debug("closed the store %s", self.config.db_path)

    def __enter__(self) -> Self:
        return self.open()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __reduce__(self) -> tuple[Any, ...]:
        return _reopened, (type(self), self.config, self._store is not None)

    def __repr__(self) -> str:
        state = "closed" if self._store is None else "open"
        ttl = (
            f"{self.config.ttl_seconds:g} s to live" if self.config.ttl_seconds else "until deleted"
        )
        puts = f"puts {self.config.data_format.value}, {ttl}"
        return f"<{type(self).__name__} {self.config.db_path}: {state}, {puts}>"

    def _ready(self) -> Store:
        store = self._store
        if store is not None and self._generation == generation[0]:
            return store
        if store is None:
            why = self._failure or "call initialize() first"
            raise StoreClosedError(
                f"the transport of {self.config.db_path} is not open: {why}"
            ) from self._failure
        self.open()
        return self._ready()


def _reopened(kind: type[StoreHolder], config: LMDBConfig, was_open: bool) -> StoreHolder:
    transport = kind(config)
    if was_open:
        transport.initialize()
    return transport

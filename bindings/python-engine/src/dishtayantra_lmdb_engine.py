"""Has ``core.lmdb`` mean ``dishtayantra_lmdb`` in every interpreter of this environment.

Python imports this module when it starts, because of the ``.pth`` file beside it. It waits for the
first import of ``core.lmdb``, or of a ``core`` that nobody else provides, and leaves the rest to
``dishtayantra_lmdb.compat``.
"""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:  # what typing would say, without importing it
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType


class _Hook:
    """Takes no part in any other import."""

    provides_core_lmdb = True

    def find_spec(
        self, name: str, path: "Sequence[str] | None" = None, target: "ModuleType | None" = None
    ) -> "ModuleSpec | None":
        """The spec of what ``dishtayantra_lmdb.compat`` provides, else None."""
        if name != "core" and not f"{name}.".startswith("core.lmdb."):
            return None
        if name == "core":
            for finder in list(sys.meta_path):
                find_spec = getattr(finder, "find_spec", None)
                if finder is not self and find_spec and find_spec(name, path) is not None:
                    return None
        try:
            from dishtayantra_lmdb import compat
        except ImportError:
            raise
        except Exception as error:
            # Engines are prepared for no other kind.
            raise ImportError(f"cannot import dishtayantra_lmdb: {error}", name=name) from error
        compat.install()
        return compat.finder.find_spec(name, path, target)


if not any(getattr(finder, "provides_core_lmdb", False) for finder in sys.meta_path):
    sys.meta_path.insert(0, _Hook())

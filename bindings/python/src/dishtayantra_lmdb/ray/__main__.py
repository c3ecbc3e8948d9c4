"""``python -m dishtayantra_lmdb.ray`` removes the stores of this machine that nobody uses and whose
node is gone, and says which: for what follows the end of the last cluster here.
"""

from __future__ import annotations

from . import reap


def main() -> None:
    """Removes them, and prints their directories."""
    for place in reap():
        print(place)


if __name__ == "__main__":
    main()

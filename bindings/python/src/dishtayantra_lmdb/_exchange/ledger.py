"""What became of the ids of an exchange: which inputs it put itself, and which it did not."""

from __future__ import annotations

from collections import OrderedDict

# Ids in flight are few; of older ones only the store knows.
_KEPT = 4096


class Ledger:
    """The last few thousand ids of one exchange. Any thread may use it: each step is one of the
    dict's own, and there is no lock that an interrupted thread could leave held.
    """

    __slots__ = ("_put",)

    def __init__(self) -> None:
        self._put: OrderedDict[str, bool] = OrderedDict()

    def put(self, txn_id: str) -> None:
        """Notes that the input of ``txn_id`` is this exchange's."""
        self._note(txn_id, True)

    def refused(self, txn_id: str) -> None:
        """Notes that the input of ``txn_id`` was passed directly. What is in the store under that
        id is somebody else's, unless this exchange put it before.
        """
        if txn_id not in self._put:
            self._note(txn_id, False)

    def _note(self, txn_id: str, put: bool) -> None:
        self._put[txn_id] = put
        if len(self._put) > _KEPT:
            self._put.popitem(last=False)

    def is_refused(self, txn_id: str) -> bool:
        """Whether the input of ``txn_id`` is known to have been passed directly."""
        return self._put.get(txn_id) is False

    def forget(self, txn_id: str) -> None:
        """Forgets ``txn_id``."""
        self._put.pop(txn_id, None)

"""A calculator."""

from typing import Any

import numpy as np

from dishtayantra_lmdb import calculator


@calculator
def mean(data: dict[str, Any]) -> dict[str, Any]:
    """The mean of `values`."""
    return {"mean": float(np.mean(data["values"]))}  # in place, wherever they lie

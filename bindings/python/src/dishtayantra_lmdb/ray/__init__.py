"""Payloads across the nodes of a Ray cluster: in place for calculators of every language and all
processes of a node, and copied to each other node once. Needs Ray.

::

    import numpy as np, ray
    from dishtayantra_lmdb.ray import remote_calculator, share

    ray.init()
    risk = remote_calculator("dishtayantra_calculators.RiskCalculator")
    prices = share({"values": np.random.rand(1_000_000)})
    print(ray.get(risk.calculate.remote(prices)))

Between tasks in Python alone it makes nothing faster: Ray's own objects are as fast on a node, and
faster across nodes. docs/ray.md has figures, lifetimes and what fails how.
"""

from __future__ import annotations

from .._library import optional

optional.module("ray", "dishtayantra_lmdb.ray")

from . import _handles as _handles  # noqa: E402 - after Ray is found
from ._calculators import JavaClass, remote_calculator  # noqa: E402
from ._errors import NotOnNodeError, PayloadLostError  # noqa: E402
from ._node import reap, store_path  # noqa: E402
from ._options import configure  # noqa: E402
from ._payload import SharedPayload  # noqa: E402
from ._pulls import PullStatus, pulls  # noqa: E402
from ._sharing import SharedLoan, from_ref, share, share_async, share_loan  # noqa: E402

__all__ = [
    "JavaClass",
    "NotOnNodeError",
    "PayloadLostError",
    "PullStatus",
    "SharedLoan",
    "SharedPayload",
    "configure",
    "from_ref",
    "pulls",
    "reap",
    "remote_calculator",
    "share",
    "share_async",
    "share_loan",
    "store_path",
]

"""On host a of `scripts/cluster.sh`: the link to host b is cut while a payload of b's is fetched, and put up again.

Prints a line of JSON: what was counted before the cut, what fetching said and after how long, and whether another
payload of b's arrives once the link is up.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import ray

from dishtayantra_lmdb.ray import SharedPayload, share

NBYTES = 256 << 20
TIMEOUT = 5.0
# So much has come before the cut: fetching has begun, and is far from its end.
BEGUN = 8 << 20
PATIENCE = 90
RECEIVED = Path("/sys/class/net/eth0/statistics/rx_bytes")


def received() -> int:
    return int(RECEIVED.read_text())


def link(state: str) -> None:
    subprocess.run(["ip", "link", "set", "eth0", state], check=True)


class Producer:
    def make(self, nbytes: int) -> SharedPayload:
        return share(np.full(nbytes // 8, 2.0))


def fetch(payload: SharedPayload, said: dict[str, Any]) -> None:
    start = time.monotonic()
    try:
        said["value"] = float(payload.value(timeout=TIMEOUT)[0])
    except Exception as error:
        said["error"] = [kind.__name__ for kind in type(error).__mro__]
        said["message"] = str(error)
    said["seconds"] = time.monotonic() - start


def cut_once_begun(before: int) -> int:
    """The bytes that have come when the link goes down."""
    deadline = time.monotonic() + TIMEOUT
    while received() - before < BEGUN:
        if time.monotonic() > deadline:
            sys.exit(f"{received() - before} bytes came within {TIMEOUT} s: nothing is fetched")
        time.sleep(0.001)
    link("down")
    return received() - before


def main() -> None:
    ray.init(log_to_driver=False, logging_level="warning")
    producer = ray.remote(Producer).options(num_cpus=0, resources={"host_b": 1}).remote()
    made = [producer.make.remote(nbytes) for nbytes in (NBYTES, 1 << 20, 1 << 20)]
    payload, another, first = ray.get(made, timeout=PATIENCE)
    # Host b has then started what its payloads are fetched by.
    first.value(timeout=PATIENCE)

    report: dict[str, Any] = {}
    fetching = threading.Thread(target=fetch, args=(payload, report), daemon=True)
    before = received()
    fetching.start()
    report["counted"] = cut_once_begun(before)
    fetching.join(PATIENCE)
    report["ended"] = not fetching.is_alive()
    link("up")
    report["afterwards"] = float(another.value(timeout=PATIENCE)[0])
    report["key"], report["node_id"], report["nbytes"] = payload.key, payload.node_id, NBYTES
    print(json.dumps(report))


if __name__ == "__main__":
    main()

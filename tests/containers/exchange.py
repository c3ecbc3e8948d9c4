"""One side of an exchange: exchange.py send STORE, or exchange.py receive [STORE].

The sender prints a reference, and keeps its store open until its input ends. The receiver reads one from its input,
its own store open if it has one, and prints what it stands for, or the status and message of the error.
"""

from __future__ import annotations

import json
import sys

from dishtayantra_lmdb import LMDBConfig, LMDBDataExchange, LMDBError, LMDBTransport, resolve

PAYLOAD = {"numbers": list(range(5_000))}


def send(store: str) -> None:
    exchange = LMDBDataExchange({"lmdb_enabled": True, "lmdb_db_path": store, "lmdb_min_size": 0}, "calculator")
    print(json.dumps(exchange.put(PAYLOAD, "1").fields()), flush=True)
    sys.stdin.read()


def receive(stores: list[str]) -> None:
    reference = json.loads(sys.stdin.readline())
    opened = [LMDBTransport(LMDBConfig(db_path=store)).open() for store in stores]
    try:
        print("right" if resolve(reference) == PAYLOAD else "wrong")
    except LMDBError as error:
        print(error.status_name, error)
    for transport in opened:
        transport.close()


if __name__ == "__main__":
    role, *rest = sys.argv[1:]
    if role == "send":
        send(rest[0])
    else:
        receive(rest)

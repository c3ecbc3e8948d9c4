"""Puts, lends, looks and deletes until it is killed, and says which put was acknowledged: worker.py STORE KEY TAG."""

from __future__ import annotations

import sys
from itertools import count

import numpy as np

from dishtayantra_lmdb import DataFormat, LMDBConfig, LMDBTransport

STEP = np.uint64(0x9E3779B97F4A7C15)
WORDS = (12, 400, 7_500, 40_000)


def payload(tag: int, words: int) -> np.ndarray:
    content = (np.arange(words, dtype="<u8") + np.uint64(tag)) * STEP
    content[:2] = tag, 8 * words
    return content


def main() -> None:
    path, key, first = sys.argv[1:]
    transport = LMDBTransport(LMDBConfig(db_path=path)).open()
    for tag in count(int(first)):
        words = WORDS[tag % len(WORDS)]
        transport.put(key, payload(tag, words).tobytes(), DataFormat.RAW_BYTES)
        print(tag, flush=True)
        with transport.loan(f"{key}.loan", 8 * words, DataFormat.RAW_BYTES) as loan:
            loan.array("<u8")[:] = payload(tag, words)
        with transport.view(key) as view:
            if bytes(view.memory) != payload(tag, words).tobytes():
                sys.exit(f"{key} does not hold what was put there")
        if tag % 3 == 0:
            transport.delete(f"{key}.loan")


if __name__ == "__main__":
    main()

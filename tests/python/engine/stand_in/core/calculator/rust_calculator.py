"""Natives in Rust; called directly, this wrapper reads ``enabled``, not ``lmdb_enabled``."""

from __future__ import annotations

from typing import Any

from .base_calculator import NativeCalculator


class RustCalculator(NativeCalculator):
    def __init__(self, name: str, config: dict[str, Any], native: Any) -> None:
        super().__init__(name, config if config.get("enabled") else {}, native)

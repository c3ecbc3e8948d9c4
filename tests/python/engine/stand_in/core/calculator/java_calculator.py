"""Natives in Java: what they answer is converted, maps, strings and boxed scalars alone."""

from __future__ import annotations

from typing import Any

from .base_calculator import NativeCalculator


class JavaCalculator(NativeCalculator):
    def calculate(self, data: Any) -> dict[str, Any]:
        return super().calculate(data)

    def call(self, data: Any) -> dict[str, Any]:
        return {str(key): value for key, value in dict(self.native.calculate(data)).items()}

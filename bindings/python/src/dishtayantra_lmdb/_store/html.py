"""What notebooks show of stores and entries."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape


def table_of_facts(title: str, facts: Mapping[str, object]) -> str:
    """A table of names and values under a title; what is empty is left out."""
    rows = "".join(
        f'<tr><th style="text-align:left">{escape(name)}</th>'
        f'<td style="text-align:left">{escape(str(value))}</td></tr>'
        for name, value in facts.items()
        if value not in (None, "")
    )
    return f"<table><caption>{escape(title)}</caption>{rows}</table>"

"""Pieces of SQL that all databases share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class _Quoting(Protocol):
    def quote(self, name: str) -> str: ...


def name_list(names: Sequence[str], dialect: _Quoting) -> str:
    return ", ".join(map(dialect.quote, names))


def assignments(names: Sequence[str], form: str, dialect: _Quoting) -> str:
    """`form` for every name, which stands for `{0}`."""
    return ", ".join(form.format(dialect.quote(name)) for name in names)

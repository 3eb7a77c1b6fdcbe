"""The library delta-rs (`deltalake`): loaded when the first Delta table is used, not with the engine."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any


@cache
def library() -> Any:
    return import_module("deltalake")

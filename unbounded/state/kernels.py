"""The inner loops over whole columns of keys: compiled if the installation could compile, else those in NumPy."""

from __future__ import annotations

import importlib
from types import ModuleType

from unbounded.state import plain_kernels


def _find() -> ModuleType:
    try:
        return importlib.import_module("unbounded.state._kernels")
    except ImportError:
        return plain_kernels


kernels = _find()
"""Has the functions of `plain_kernels`."""

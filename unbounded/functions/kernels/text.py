"""Being written."""

from __future__ import annotations

from unbounded.functions.kernels.kernel import Kernel

KERNELS: dict[str, Kernel] = {}

"""The kinds of NumPy arrays that the state store is made of."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint64]
"""Parts of keys, or their hashes."""

Positions = npt.NDArray[np.int64]
Ids = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

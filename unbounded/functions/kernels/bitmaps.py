"""Bitmaps of 4096 bytes: made of the positions of a group, and joined by OR and AND. Bit 0 is the lowest of byte 0."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from unbounded.errors import ErrorKind, SparkError
from unbounded.functions.kernels.kernel import Kernel

BITMAP_BYTES = 4096
_BITMAP_BITS = BITMAP_BYTES * 8

_Bytes = npt.NDArray[np.uint8]


def _from_positions(positions: pa.ListArray) -> pa.Array:
    """A bitmap per list; of no positions an empty one.

    Raises: SparkError INVALID_BITMAP_POSITION
    """
    values = positions.flatten().to_numpy(zero_copy_only=False)
    outside = values[(values < 0) | (values >= _BITMAP_BITS)]
    if len(outside):
        raise SparkError(
            ErrorKind.ARRAY_INDEX,
            "INVALID_BITMAP_POSITION",
            {
                "bitPosition": str(outside[0]),
                "bitmapNumBytes": str(BITMAP_BYTES),
                "bitmapNumBits": str(_BITMAP_BITS),
            },
        )
    bits = np.zeros((len(positions), _BITMAP_BITS), dtype=bool)
    bits[_owners(positions), values] = True
    return _as_blobs(np.packbits(bits, axis=1, bitorder="little"))


def _any_of(bitmaps: pa.ListArray) -> pa.Array:
    joined = np.zeros((len(bitmaps), BITMAP_BYTES), dtype=np.uint8)
    np.bitwise_or.at(joined, _owners(bitmaps), _padded(bitmaps.flatten()))
    return _as_blobs(joined)


def _all_of(bitmaps: pa.ListArray) -> pa.Array:
    joined = np.full((len(bitmaps), BITMAP_BYTES), 0xFF, dtype=np.uint8)
    np.bitwise_and.at(joined, _owners(bitmaps), _padded(bitmaps.flatten()))
    return _as_blobs(joined)


def _owners(lists: pa.ListArray) -> npt.NDArray[np.int64]:
    """The row of each value of the lists; a list that is NULL has none."""
    lengths = lists.value_lengths().fill_null(0).to_numpy(zero_copy_only=False)
    return np.repeat(np.arange(len(lists)), lengths)


def _padded(blobs: pa.Array) -> _Bytes:
    """The bytes of each value in a row of `BITMAP_BYTES`: zeros behind a shorter one, a longer one cut."""
    rows = np.zeros((len(blobs), BITMAP_BYTES), dtype=np.uint8)
    for row, blob in zip(rows, blobs, strict=True):
        content = np.frombuffer(blob.as_buffer(), dtype=np.uint8)[:BITMAP_BYTES]
        row[: len(content)] = content
    return rows


def _as_blobs(rows: _Bytes) -> pa.Array:
    offsets = np.arange(len(rows) + 1, dtype=np.int32) * BITMAP_BYTES
    return pa.Array.from_buffers(
        pa.binary(), len(rows), [None, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(rows))]
    )


KERNELS: dict[str, Kernel] = {
    "bitmap_from_positions": Kernel(_from_positions, ("BIGINT[]",), "BLOB"),
    "bitmap_any_of": Kernel(_any_of, ("BLOB[]",), "BLOB"),
    "bitmap_all_of": Kernel(_all_of, ("BLOB[]",), "BLOB"),
}

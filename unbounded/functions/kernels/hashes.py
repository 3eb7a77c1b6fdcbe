"""Spark's hash functions over columns, equal bit by bit: Murmur3 (x86, 32 bits), XXH64; CRC-32 and SHA-2.

Each takes a column and a column of seeds, and gives the seed back for NULL, so that calls chain over several columns.
Strings and bytes are walked word by word, all rows at once.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from unbounded.functions.kernels.kernel import ARROW_TYPES, Kernel, per_row

Array = npt.NDArray[Any]
U32, U64 = np.uint32, np.uint64

_C1, _C2 = U32(0xCC9E2D51), U32(0x1B873593)
_P1, _P2, _P3 = U64(0x9E3779B185EBCA87), U64(0xC2B2AE3D27D4EB4F), U64(0x165667B19E3779F9)
_P4, _P5 = U64(0x85EBCA77C2B2AE63), U64(0x27D4EB2F165667C5)


# ---------------------------------------------------------------------------------------------- Murmur3


def _rotate32(x: Array, count: int) -> Array:
    return (x << U32(count)) | (x >> U32(32 - count))


def _mix32(h: Array, k: Array) -> Array:
    """One 32-bit word into the state."""
    h = h ^ (_rotate32(k * _C1, 15) * _C2)
    return _rotate32(h, 13) * U32(5) + U32(0xE6546B64)


def _finish32(h: Array, length: Array | int) -> Array:
    h = h ^ np.asarray(length, U32)
    h = (h ^ (h >> U32(16))) * U32(0x85EBCA6B)
    h = (h ^ (h >> U32(13))) * U32(0xC2B2AE35)
    finished: Array = h ^ (h >> U32(16))
    return finished


def murmur_word(values: Array, seeds: Array) -> Array:
    return _finish32(_mix32(seeds, values.view(U32)), 4)


def murmur_long(values: Array, seeds: Array) -> Array:
    bits = values.view(U64)
    low, high = bits.astype(U32), (bits >> U64(32)).astype(U32)
    return _finish32(_mix32(_mix32(seeds, low), high), 8)


def murmur_bytes(texts: Texts, seeds: Array) -> Array:
    """Whole words, then the bytes left over one by one, each as a signed number."""
    state = seeds.copy()
    for rows, starts in texts.steps(4, 0):
        state[rows] = _mix32(state[rows], texts.words(starts, 4).astype(U32))
    tail = texts.lengths & ~3
    for rows, starts in texts.rest(tail, 1):
        state[rows] = _mix32(state[rows], texts.data[starts].view(np.int8).astype(np.int32).view(U32))
    return _finish32(state, texts.lengths.astype(U32))


# ---------------------------------------------------------------------------------------------- XXH64


def _rotate64(x: Array, count: int) -> Array:
    return (x << U64(count)) | (x >> U64(64 - count))


def _finish64(h: Array) -> Array:
    h = (h ^ (h >> U64(33))) * _P2
    h = (h ^ (h >> U64(29))) * _P3
    finished: Array = h ^ (h >> U64(32))
    return finished


def _add_long(h: Array, value: Array) -> Array:
    h = h ^ (_rotate64(value * _P2, 31) * _P1)
    return _rotate64(h, 27) * _P1 + _P4


def _add_word(h: Array, value: Array) -> Array:
    h = h ^ (value * _P1)
    return _rotate64(h, 23) * _P2 + _P3


def xxhash_word(values: Array, seeds: Array) -> Array:
    return _finish64(_add_word(seeds + _P5 + U64(4), values.view(U32).astype(U64)))


def xxhash_long(values: Array, seeds: Array) -> Array:
    return _finish64(_add_long(seeds + _P5 + U64(8), values.view(U64)))


def xxhash_bytes(texts: Texts, seeds: Array) -> Array:
    """Stripes of 32 bytes in four lanes, then words of 8, of 4, and bytes."""
    lanes = [seeds + _P1 + _P2, seeds + _P2, seeds.copy(), seeds - _P1]
    for rows, starts in texts.steps(32, 0):
        for lane, state in enumerate(lanes):
            value = texts.words(starts + 8 * lane, 8)
            state[rows] = _rotate64(state[rows] + value * _P2, 31) * _P1
    merged = _rotate64(lanes[0], 1) + _rotate64(lanes[1], 7) + _rotate64(lanes[2], 12) + _rotate64(lanes[3], 18)
    for state in lanes:
        merged = (merged ^ (_rotate64(state * _P2, 31) * _P1)) * _P1 + _P4
    h = np.where(texts.lengths >= 32, merged, seeds + _P5) + texts.lengths.astype(U64)
    done = texts.lengths & ~31
    for rows, starts in texts.rest(done, 8):
        h[rows] = _add_long(h[rows], texts.words(starts, 8))
    done = texts.lengths & ~7
    for rows, starts in texts.rest(done, 4):
        h[rows] = _add_word(h[rows], texts.words(starts, 4))
    done = texts.lengths & ~3
    for rows, starts in texts.rest(done, 1):
        h[rows] = _rotate64(h[rows] ^ (texts.data[starts].astype(U64) * _P5), 11) * _P1
    return _finish64(h)


# ---------------------------------------------------------------------------------------------- columns


@dataclass(frozen=True, slots=True)
class Texts:
    """A binary column: its bytes, and where each row starts and how long it is."""

    data: Array
    starts: Array
    lengths: Array

    @classmethod
    def of(cls, column: pa.Array) -> Texts:
        _, offsets, data = column.buffers()
        bounds = np.frombuffer(offsets, np.int32)[column.offset : column.offset + len(column) + 1].astype(np.int64)
        content = np.frombuffer(data, np.uint8) if data is not None and data.size else np.zeros(0, np.uint8)
        return cls(content, bounds[:-1], np.diff(bounds))

    def steps(self, width: int, offset: int) -> Iterator[tuple[Array, Array]]:
        """For each whole block of `width` bytes: the rows that have it, and where it starts in them."""
        yield from self.rest(np.full(len(self.lengths), offset), width)

    def rest(self, done: Array, width: int) -> Iterator[tuple[Array, Array]]:
        """As `steps`, from position `done` of each row on."""
        counts = (self.lengths - done) // width
        rows = np.flatnonzero(counts > 0)
        block = 0
        while len(rows):
            yield rows, self.starts[rows] + done[rows] + block * width
            block += 1
            rows = rows[counts[rows] > block]

    def words(self, starts: Array, width: int) -> Array:
        """Little-endian numbers of `width` bytes."""
        result = np.zeros(len(starts), U64)
        for position in range(width):
            result |= self.data[starts + position].astype(U64) << U64(8 * position)
        return result


def _numbers(hashed: Callable[[Array, Array], Array], source: str, bits: type[Any]) -> Callable[..., Array]:
    def read(column: pa.Array, seeds: Array) -> Array:
        values = column.fill_null(0).to_numpy(zero_copy_only=False)
        if source in ("FLOAT", "DOUBLE"):
            values = np.where(np.isnan(values), values.dtype.type("nan"), values + values.dtype.type(0))
        return hashed(np.ascontiguousarray(values).view(bits), seeds)

    return read


def _texts(hashed: Callable[[Texts, Array], Array]) -> Callable[..., Array]:
    return lambda column, seeds: hashed(Texts.of(column), seeds)


def _chained(compute: Callable[[pa.Array, Array], Array], source: str, seed: str) -> Kernel:
    """NULL gives the seed back."""
    unsigned, signed = (U32, np.int32) if seed == "INTEGER" else (U64, np.int64)

    def run(column: pa.Array, seeds: pa.Array) -> pa.Array:
        given = seeds.to_numpy(zero_copy_only=False).astype(signed).view(unsigned)
        with np.errstate(over="ignore"):
            hashed = compute(column, given)
        is_null = column.is_null().to_numpy(zero_copy_only=False)
        return pa.array(np.where(is_null, given, hashed).astype(unsigned).view(signed), ARROW_TYPES[seed])

    return Kernel(run, (source, seed), seed)


def _sha2(data: bytes, bits: int) -> str | None:
    name = {0: "sha256", 224: "sha224", 256: "sha256", 384: "sha384", 512: "sha512"}.get(bits)
    return None if name is None else hashlib.new(name, data).hexdigest()


def _unscaled_bytes(text: str) -> bytes:
    """The digits of a decimal as Java's BigInteger.toByteArray writes them."""
    number = int(text.replace(".", ""))
    magnitude = number if number >= 0 else -number - 1
    return number.to_bytes(magnitude.bit_length() // 8 + 1, "big", signed=True)


KERNELS: dict[str, Kernel] = {
    "murmur_word": _chained(_numbers(murmur_word, "INTEGER", np.int32), "INTEGER", "INTEGER"),
    "murmur_long": _chained(_numbers(murmur_long, "BIGINT", np.int64), "BIGINT", "INTEGER"),
    "murmur_float": _chained(_numbers(murmur_word, "FLOAT", np.int32), "FLOAT", "INTEGER"),
    "murmur_double": _chained(_numbers(murmur_long, "DOUBLE", np.int64), "DOUBLE", "INTEGER"),
    "murmur_bytes": _chained(_texts(murmur_bytes), "BLOB", "INTEGER"),
    "xxhash_word": _chained(_numbers(xxhash_word, "INTEGER", np.int32), "INTEGER", "BIGINT"),
    "xxhash_long": _chained(_numbers(xxhash_long, "BIGINT", np.int64), "BIGINT", "BIGINT"),
    "xxhash_float": _chained(_numbers(xxhash_word, "FLOAT", np.int32), "FLOAT", "BIGINT"),
    "xxhash_double": _chained(_numbers(xxhash_long, "DOUBLE", np.int64), "DOUBLE", "BIGINT"),
    "xxhash_bytes": _chained(_texts(xxhash_bytes), "BLOB", "BIGINT"),
    "unscaled_bytes": per_row(_unscaled_bytes, ("VARCHAR",), "BLOB"),
    "crc32": per_row(zlib.crc32, ("BLOB",), "BIGINT"),
    "sha2": per_row(_sha2, ("BLOB", "INTEGER"), "VARCHAR"),
}

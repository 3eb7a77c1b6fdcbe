"""Which partition a key or a batch goes to, bit for bit as in Spark. No data is moved here."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

from unbounded.rdd.errors import PySparkRuntimeError

_MASK_32 = (1 << 32) - 1
_MASK_64 = (1 << 64) - 1
_MURMUR_ARRAY_SEED = 0x3C074A61
HASH_SEED_VARIABLE = "PYTHONHASHSEED"


def portable_hash(x: Hashable) -> int:
    """The hash of a key, equal in all processes with one hash seed; the workers have seed 0, as Spark's do."""
    if HASH_SEED_VARIABLE not in os.environ:
        message = "Randomness of hash of string should be disabled via PYTHONHASHSEED."
        raise PySparkRuntimeError(f"[PYTHON_HASH_SEED_NOT_SET] {message}")
    if x is None:
        return 0
    if isinstance(x, tuple):
        return _hash_of_tuple(x)
    return hash(x)


def _hash_of_tuple(items: tuple[Any, ...]) -> int:
    result = 0x345678
    for item in items:
        result ^= portable_hash(item)
        result *= 1000003
        result &= sys.maxsize
    result ^= len(items)
    return -2 if result == -1 else result


@dataclass(frozen=True, slots=True)
class Partitioner:
    """Key → partition number; two are equal when number and function are."""

    numPartitions: int
    partitionFunc: Callable[[Any], int]

    def __call__(self, key: Any) -> int:
        return self.partitionFunc(key) % self.numPartitions


def first_round_robin_position(partition: int, partition_count: int) -> int:
    """Where `repartition` starts to deal out a partition: the first `nextInt` of Spark's XORShiftRandom."""
    state = _xorshift_seed(partition)
    while True:
        state ^= (state << 21) & _MASK_64
        state ^= state >> 35
        state ^= (state << 4) & _MASK_64
        bits = state & ((1 << 31) - 1)
        if partition_count & (partition_count - 1) == 0:
            return (partition_count * bits) >> 31
        position = bits % partition_count
        if bits - position + partition_count - 1 < 1 << 31:
            return position


def _xorshift_seed(seed: int) -> int:
    data = seed.to_bytes(8, "big", signed=True)
    low = _murmur3(data, _MURMUR_ARRAY_SEED)
    return (_murmur3(data, low) << 32) | low


def _murmur3(data: bytes, seed: int) -> int:
    """MurmurHash3 (x86, 32 bits) of a whole number of 4-byte words."""
    result = seed
    for start in range(0, len(data), 4):
        word = int.from_bytes(data[start : start + 4], "little") * 0xCC9E2D51 & _MASK_32
        result ^= _rotate_left(word, 15) * 0x1B873593 & _MASK_32
        result = (_rotate_left(result, 13) * 5 + 0xE6546B64) & _MASK_32
    result ^= len(data)
    result = (result ^ (result >> 16)) * 0x85EBCA6B & _MASK_32
    result = (result ^ (result >> 13)) * 0xC2B2AE35 & _MASK_32
    return result ^ (result >> 16)


def _rotate_left(word: int, count: int) -> int:
    return ((word << count) | (word >> (32 - count))) & _MASK_32

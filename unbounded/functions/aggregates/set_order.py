"""The order of values that Spark gathers in a hash table: collected sets, and the winner among most frequent values.

Spark's tables may be larger or smaller than said here where it merged those of several partitions.
"""

from __future__ import annotations

from unbounded.functions.aggregates.hash_codes import hash_code, scala_hash_code
from unbounded.functions.aggregates.two_halves import let
from unbounded.types.datatypes import DataType

_SMALLEST_SET = 15
_SMALLEST_MAP = 63
"""The last positions of the smallest tables."""


def in_set_order(values: str, element: DataType) -> str:
    """The different `values`, an engine list, in the order of Scala's mutable.HashSet.

    A table of 2^k buckets, less than three quarters full, is read bucket by bucket, in a bucket by ascending hash.
    """
    spread = let("c", {"h": f"CAST({scala_hash_code('x', element)} AS BIGINT)"}, "xor(c.h, (c.h & 4294967295) >> 16)")
    hashed = f"list_transform({values}, lambda x : struct_pack(h := {spread}, v := x))"
    last = _last_position("len(g.s) * 4 // 3", _SMALLEST_SET)
    placed = f"list_transform(g.s, lambda e : struct_pack(b := e.h & {last}, h := e.h, v := e.v))"
    return let("g", {"s": hashed}, f"list_transform(list_sort({placed}), lambda e : e.v)")


def most_frequent(counts: str, key: DataType) -> str:
    """The key with the highest count, of several the first in Spark's OpenHashMap (but for keys moved by collisions).

    `counts` is an engine map, NULL if it is empty. The table has 2^k places and is up to seven tenths full.
    """
    known = {
        "m": "g.m",
        "most": "list_max(map_values(g.m))",
        "last": _last_position("(cardinality(g.m)::BIGINT * 10 - 1) // 7", _SMALLEST_MAP),
    }
    place = f"kernel_murmur_word(CAST({hash_code('e.key', key)} AS INTEGER), 0::INTEGER) & t.last"
    best = "list_filter(map_entries(t.m), lambda e : e.value = t.most)"
    placed = f"list_transform({best}, lambda e : struct_pack(p := {place}, v := e.key))"
    return let("g", {"m": counts}, let("t", known, f"list_sort({placed})[1].v"))


def _last_position(least: str, smallest: int) -> str:
    """The last position of a table, a power of two, in which the position `least` is."""
    return f"((1 << length(bin(greatest({least}, {smallest})))) - 1)"

"""Zone names that stand in columns: found by the same rules as constant ones, once per distinct name."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa

from unbounded.functions.datetimes.zone_texts import zone_text_code
from unbounded.functions.kernels.kernel import Kernel
from unbounded.functions.zones import find_zone, zone_code, zone_named


def _code(name: str) -> str:
    return zone_code(zone_named(name))


def _code_or_null(name: str) -> str | None:
    zone = find_zone(name)
    return None if zone is None else zone_code(zone)


def _per_name(convert: Callable[[str], str | None]) -> Kernel:
    def run(names: pa.Array) -> pa.Array:
        distinct = names.dictionary_encode()
        codes = [None if name is None else convert(name) for name in distinct.dictionary.to_pylist()]
        return pa.array(codes, pa.string()).take(distinct.indices)

    return Kernel(run, ("VARCHAR",), "VARCHAR")


KERNELS: dict[str, Kernel] = {
    "zone_code": _per_name(_code),
    "zone_code_or_null": _per_name(_code_or_null),
    "zone_text_code": _per_name(zone_text_code),
}

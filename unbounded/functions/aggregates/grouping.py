"""grouping and grouping_id: which group columns a grouping set leaves out. Their arguments are such columns by then."""

from __future__ import annotations

from unbounded.functions.registry import Function, Nullability, scalar
from unbounded.functions.signature import ANY
from unbounded.types.datatypes import BYTE, LONG

FUNCTIONS: dict[str, Function] = {
    "grouping": scalar([ANY], BYTE, "CAST(grouping({0}) AS TINYINT)", nullability=Nullability.NEVER),
    "grouping_id": scalar(
        [ANY], LONG, "CAST(grouping({all}) AS BIGINT)", is_variadic=True, nullability=Nullability.NEVER
    ),
}

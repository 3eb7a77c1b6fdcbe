"""Parts of JSON texts by path: get_json_object and its relatives.

A constant path without `[*]` is the engine's own; others go through a kernel with Spark's rules for several matches.
"""

from __future__ import annotations

import re

from unbounded.connectors.files.format_options import JsonOptions
from unbounded.functions.documents.json_readings import valid_text
from unbounded.functions.engine import bind, text
from unbounded.functions.registry import Function, Invocation, Nullability, scalar
from unbounded.functions.signature import STRICT_STRING
from unbounded.types.datatypes import INTEGER, STRING, ArrayType

_STEP = re.compile(r"\.(?P<name>[^.\[]+)|\['(?P<quoted>[^']+)'\]|\[(?P<index>\d+)\]")
_DEFAULTS = JsonOptions()


def engine_path(path: str) -> str | None:
    """The engine's form of a path; None for one that it cannot walk as Spark does."""
    steps, position = [], 1
    if not path.startswith("$"):
        return None
    while position < len(path):
        match = _STEP.match(path, position)
        if match is None:
            return None
        name = match["name"] or match["quoted"]
        if name is not None and ('"' in name or "\\" in name or name == "*"):
            return None
        steps.append(f"[{match['index']}]" if name is None else f'."{name}"')
        position = match.end()
    return "$" + "".join(steps)


def _lower_get(invocation: Invocation) -> str:
    """Numbers with a point are written as Java writes doubles."""
    source, path = invocation.sql
    if invocation.is_constant(1) and invocation.constant(1) is None:
        return "CAST(NULL AS VARCHAR)"
    walked = engine_path(invocation.constant(1)) if invocation.is_constant(1) else None

    def found(document: str) -> str:
        if walked is None:
            return f"kernel_json_object({document}, {path})"
        value = f"json_extract_string({document}, {text(walked)})"
        is_double = f"contains({value}, '.') AND json_type({document}, {text(walked)}) = 'DOUBLE'"
        return f"CASE WHEN {is_double} THEN spark_double_text(TRY_CAST({value} AS DOUBLE)) ELSE {value} END"

    return (
        found(f"({valid_text(source, _DEFAULTS)})")
        if len(source) <= 60
        else bind(valid_text(source, _DEFAULTS), "j", found)
    )


def _lower_length(invocation: Invocation) -> str:
    def length(document: str) -> str:
        return f"CASE WHEN json_type({document}) = 'ARRAY' THEN CAST(json_array_length({document}) AS INTEGER) END"

    return bind(valid_text(invocation.sql[0], _DEFAULTS), "j", length)


def _lower_keys(invocation: Invocation) -> str:
    def keys(document: str) -> str:
        return f"CASE WHEN json_type({document}) = 'OBJECT' THEN json_keys({document}) END"

    return bind(valid_text(invocation.sql[0], _DEFAULTS), "j", keys)


_ALWAYS = Nullability.ALWAYS

FUNCTIONS: dict[str, Function] = {
    "get_json_object": scalar([STRICT_STRING, STRICT_STRING], STRING, _lower_get, nullability=_ALWAYS),
    "json_array_length": scalar([STRICT_STRING], INTEGER, _lower_length, nullability=_ALWAYS),
    "json_object_keys": scalar([STRICT_STRING], ArrayType(STRING), _lower_keys, nullability=_ALWAYS),
}

"""`get_json_object` with `[*]`, or with a path that is not constant: Spark's rules for several matches.

The styles are Spark's (and Hive's): a lone string is raw, strings among several matches are quoted, `[*][*]` flattens.
"""

from __future__ import annotations

import json
import re
from enum import Enum
from functools import lru_cache
from typing import Any

from unbounded.functions.kernels.kernel import Kernel, per_row
from unbounded.functions.naming import floating_text

_STEP = re.compile(r"(?P<any>\*|\['\*'\])|\.(?P<name>[^.\[]+)|\['(?P<quoted>[^']+)'\]|\[(?P<index>\d+|\*)\]")
_ANY = object()
"""`[*]`"""
Steps = tuple[Any, ...]


class Style(Enum):
    RAW = "raw"
    QUOTED = "quoted"
    FLAT = "flat"


class Members(list[tuple[str, Any]]):
    """An object with its members in order, also repeated ones."""


@lru_cache(maxsize=256)
def parse_path(path: str) -> Steps | None:
    """Names, indexes and `_ANY`; None for what is no path."""
    steps, position = [], 1
    if not path.startswith("$"):
        return None
    while position < len(path):
        match = _STEP.match(path, position)
        if match is None or match["any"]:
            return None
        index = match["index"]
        steps.append(match["name"] or match["quoted"] or (_ANY if index == "*" else int(index)))
        position = match.end()
    return tuple(steps)


def find(document: str, path: str) -> str | None:
    steps = parse_path(path)
    if steps is None:
        return None
    try:
        value, _ = _DECODER.raw_decode(document.lstrip())
    except ValueError:
        return None
    found = _walk(value, steps, Style.RAW)
    return "".join(found) if found else None


_DECODER = json.JSONDecoder(object_pairs_hook=Members)


def _walk(value: Any, steps: Steps, style: Style) -> list[str]:
    """The texts of all matches; none is an empty list."""
    if not steps:
        return _leaf(value, style)
    first, rest = steps[0], steps[1:]
    if isinstance(value, Members):
        return _member(value, first, rest, style)
    if not isinstance(value, list) or isinstance(first, str):
        return []
    if first is not _ANY:
        inner = Style.QUOTED if rest and rest[0] is _ANY else style
        return _walk(value[first], rest, inner) if first < len(value) else []
    if rest and rest[0] is _ANY:
        return _array(value, rest[1:], Style.FLAT)
    return _array(value, rest, style) if style is Style.QUOTED else _matches(value, rest, style)


def _leaf(value: Any, style: Style) -> list[str]:
    if style is Style.RAW and isinstance(value, str):
        return [value]
    if style is Style.FLAT and isinstance(value, list) and not isinstance(value, Members):
        return [text for member in value for text in _leaf(member, style)]
    return [_text(value)]


def _member(value: Members, name: Any, rest: Steps, style: Style) -> list[str]:
    for key, member in value:
        if key == name and member is not None:
            found = _walk(member, rest, style)
            if found:
                return found
    return []


def _array(values: list[Any], rest: Steps, style: Style) -> list[str]:
    found = [text for value in values for text in _walk(value, rest, style)]
    return [f"[{','.join(found)}]"] if found else []


def _matches(values: list[Any], rest: Steps, style: Style) -> list[str]:
    """Several matches are an array, one stands alone."""
    inner = Style.QUOTED if style is Style.RAW else style
    groups = [group for group in (_walk(value, rest, inner) for value in values) if group]
    texts = [text for group in groups for text in group]
    if len(groups) > 1:
        return [f"[{','.join(texts)}]"]
    return [",".join(texts)] if texts else []


def _text(value: Any) -> str:
    match value:
        case Members():
            return "{" + ",".join(f"{_text(key)}:{_text(member)}" for key, member in value) + "}"
        case list():
            return "[" + ",".join(map(_text, value)) + "]"
        case float():
            return floating_text(value)
        case _:
            return json.dumps(value, ensure_ascii=False)


KERNELS: dict[str, Kernel] = {"json_object": per_row(find, ("VARCHAR", "VARCHAR"), "VARCHAR")}

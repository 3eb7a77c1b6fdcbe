"""LIKE and its relatives: `%` any characters, `_` one; the escape character is a backslash unless another is given."""

from __future__ import annotations

from unbounded.errors import ErrorKind, SparkError
from unbounded.functions.engine import raise_error, shown_text, text
from unbounded.functions.naming import text_name
from unbounded.functions.registry import Function, Invocation, scalar
from unbounded.functions.signature import P_STRING
from unbounded.types.datatypes import BOOLEAN

_AT_THE_END, _IN_THE_MIDDLE = "INVALID_FORMAT.ESC_AT_THE_END", "INVALID_FORMAT.ESC_IN_THE_MIDDLE"


def _check(pattern: str, escape: str) -> None:
    """Raises: SparkError INVALID_FORMAT.ESC_AT_THE_END, INVALID_FORMAT.ESC_IN_THE_MIDDLE"""
    position = 0
    while position < len(pattern):
        if pattern[position] == escape:
            position += 1
            if position == len(pattern):
                raise SparkError(ErrorKind.ANALYSIS, _AT_THE_END, {"format": text_name(pattern)})
            if pattern[position] not in ("_", "%", escape):
                parameters = {"format": text_name(pattern), "char": text_name(pattern[position])}
                raise SparkError(ErrorKind.ANALYSIS, _IN_THE_MIDDLE, parameters)
        position += 1


def _checked(pattern: str, escape: str, test: str) -> str:
    """`test` for a pattern that changes from row to row, with the same errors."""
    mark = f"\\x{{{ord(escape):x}}}"
    right = text(f"(?s)^(?:[^{mark}]|{mark}[%_{mark}])*")
    after = f"substring({pattern}, len(regexp_extract({pattern}, {right})) + 2, 1)"
    shown = {"format": shown_text(pattern)}
    at_the_end = raise_error(ErrorKind.ANALYSIS, _AT_THE_END, {}, shown)
    in_the_middle = raise_error(ErrorKind.ANALYSIS, _IN_THE_MIDDLE, {}, {**shown, "char": shown_text(after)})
    is_right = f"NOT contains({pattern}, {text(escape)}) OR len(regexp_extract({pattern}, {right})) = len({pattern})"
    failure = f"CASE WHEN {after} = '' THEN {at_the_end} ELSE {in_the_middle} END"
    return f"CASE WHEN {pattern} IS NULL OR {is_right} THEN {test} ELSE CAST({failure} AS BOOLEAN) END"


def _matches(invocation: Invocation, value: str, position: int, escape: str, folds: bool) -> str:
    given, pattern = invocation.constant(position), invocation.sql[position]
    if folds:
        value, pattern = f"lower({value})", f"lower({pattern})"
    test = f"({value} LIKE {pattern} ESCAPE {text(escape)})"
    if not isinstance(given, str):
        return test if invocation.is_constant(position) else _checked(pattern, escape, test)
    _check(given.lower() if folds else given, escape)
    return test if escape in given else f"({value} LIKE {pattern})"


def _lower_like(invocation: Invocation) -> str:
    escape = invocation.constant(2) if len(invocation.sql) > 2 else "\\"
    return _matches(invocation, invocation.sql[0], 1, str(escape), invocation.name == "ilike")


def _lower_quantified(invocation: Invocation) -> str:
    """`likeall(value, pattern, …)` and so on: joined with AND or OR, each one negated for NOT."""
    name, value = invocation.name, invocation.sql[0]
    negation = "NOT " if name.startswith("not") else ""
    tests = (f"{negation}{_matches(invocation, value, i, chr(92), False)}" for i in range(1, len(invocation.sql)))
    return f"({(' AND ' if name.endswith('all') else ' OR ').join(tests)})"


_LIKE = scalar([P_STRING, P_STRING, P_STRING], BOOLEAN, _lower_like, optional=1)
_QUANTIFIED = scalar([P_STRING, P_STRING], BOOLEAN, _lower_quantified, is_variadic=True)

FUNCTIONS: dict[str, Function] = {
    "like": _LIKE,
    "ilike": _LIKE,
    "likeall": _QUANTIFIED,
    "likeany": _QUANTIFIED,
    "notlikeall": _QUANTIFIED,
    "notlikeany": _QUANTIFIED,
}

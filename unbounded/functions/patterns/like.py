"""LIKE and its relatives: `%` any characters, `_` one; the escape character is a backslash unless another is given."""

from __future__ import annotations

from unbounded.errors import ErrorKind, SparkError
from unbounded.functions.engine import text
from unbounded.functions.registry import Function, Invocation, scalar
from unbounded.functions.signature import P_STRING
from unbounded.types.datatypes import BOOLEAN


def _check(pattern: str, escape: str) -> None:
    """Raises: SparkError INVALID_FORMAT.ESC_AT_THE_END, INVALID_FORMAT.ESC_IN_THE_MIDDLE"""
    position = 0
    while position < len(pattern):
        if pattern[position] == escape:
            position += 1
            if position == len(pattern):
                raise SparkError(ErrorKind.ANALYSIS, "INVALID_FORMAT.ESC_AT_THE_END", {"format": f"'{pattern}'"})
            if pattern[position] not in ("_", "%", escape):
                parameters = {"format": f"'{pattern}'", "char": f"'{pattern[position]}'"}
                raise SparkError(ErrorKind.ANALYSIS, "INVALID_FORMAT.ESC_IN_THE_MIDDLE", parameters)
        position += 1


def _matches(invocation: Invocation, value: str, position: int, escape: str, folds: bool) -> str:
    given, pattern = invocation.constant(position), invocation.sql[position]
    if folds:
        value, pattern = f"lower({value})", f"lower({pattern})"
    if isinstance(given, str):
        _check(given, escape)
        if escape not in given:
            return f"({value} LIKE {pattern})"
    return f"({value} LIKE {pattern} ESCAPE {text(escape)})"


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

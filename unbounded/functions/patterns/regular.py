"""Regular expression functions. A constant pattern runs as RE2 in the engine where that gives Java's result."""

from __future__ import annotations

from collections.abc import Sequence

from unbounded.errors import analysis_error
from unbounded.functions.engine import engine_type, text
from unbounded.functions.environment import Environment
from unbounded.functions.naming import pretty_name
from unbounded.functions.patterns.compiled import Compiled, check_group, compile_pattern, replacement_parts
from unbounded.functions.registry import Function, Invocation, Nullability, scalar
from unbounded.functions.signature import P_INTEGER, P_STRING, Signature, quoted_call
from unbounded.plan.expressions import Expression, Literal
from unbounded.types.datatypes import BOOLEAN, INTEGER, STRING, ArrayType, DataType

Typed = tuple[tuple[Expression, ...], DataType]

_STRINGS = ArrayType(STRING, False)
_ONE, _ZERO, _NO_LIMIT = Literal(1, INTEGER), Literal(0, INTEGER), Literal(-1, INTEGER)
_LARGEST_ENGINE_GROUP = 9


def _null(invocation: Invocation) -> str:
    return f"CAST(NULL AS {engine_type(invocation.data_type)})"


def _kernel(name: str, arguments: Sequence[str]) -> str:
    return f"kernel_{name}({', '.join(arguments)})"


def _pattern(invocation: Invocation, function: str) -> Compiled | None:
    """The constant pattern; None if it changes from row to row."""
    value = invocation.constant(1)
    return compile_pattern(value, function) if isinstance(value, str) else None


def _is_null_pattern(invocation: Invocation) -> bool:
    return invocation.is_constant(1) and invocation.constant(1) is None


def _unless_line_end(value: str, compiled: Compiled, fast: str, exact: str) -> str:
    """RE2's `$` knows only the very end; a text that ends with a line end goes the exact way."""
    if not compiled.minds_line_end:
        return fast
    return (
        f"CASE WHEN regexp_matches({value}, '[\\n\\r\\x{{85}}\\x{{2028}}\\x{{2029}}]\\z') THEN {exact} ELSE {fast} END"
    )


def _lower_rlike(invocation: Invocation) -> str:
    value, pattern = invocation.sql
    if _is_null_pattern(invocation):
        return _null(invocation)
    compiled = _pattern(invocation, invocation.name)
    if compiled is None or compiled.re2_test is None:
        return _kernel(invocation.name, (value, pattern))
    return f"regexp_matches({value}, {text(compiled.re2_test)})"


def _lower_extract(invocation: Invocation) -> str:
    """The group of the first match, or of all matches; "" where the group or the whole has none."""
    value, pattern, group = invocation.sql
    name = invocation.name
    exact = _kernel(name, invocation.sql)
    if _is_null_pattern(invocation):
        return _null(invocation)
    compiled, index = _pattern(invocation, name), invocation.constant(2)
    if compiled is None or not isinstance(index, int):
        return exact
    check_group(compiled, index, name)
    is_unsafe = name == "regexp_extract_all" and compiled.can_be_empty
    if compiled.re2 is None or index > _LARGEST_ENGINE_GROUP or is_unsafe:
        return exact
    return _unless_line_end(value, compiled, f"{name}({value}, {text(compiled.re2)}, {index})", exact)


def _lower_count(invocation: Invocation) -> str:
    value, pattern = invocation.sql
    if _is_null_pattern(invocation):
        return _null(invocation)
    exact = _kernel("regexp_count", (value, pattern))
    compiled = _pattern(invocation, "regexp_extract_all")
    if compiled is None or compiled.re2 is None or compiled.can_be_empty:
        return exact
    fast = f"CAST(len(regexp_extract_all({value}, {text(compiled.re2)}, 0)) AS INTEGER)"
    return _unless_line_end(value, compiled, fast, exact)


def _lower_instr(invocation: Invocation) -> str:
    return _null(invocation) if _is_null_pattern(invocation) else _kernel("regexp_instr", invocation.sql[:2])


def _lower_substr(invocation: Invocation) -> str:
    value, pattern = invocation.sql
    if _is_null_pattern(invocation):
        return _null(invocation)
    exact = _kernel("regexp_substr", (value, pattern))
    compiled = _pattern(invocation, "regexp_extract")
    if compiled is None or compiled.re2 is None:
        return exact
    sql = text(compiled.re2)
    fast = f"CASE WHEN regexp_matches({value}, {sql}) THEN regexp_extract({value}, {sql}, 0) END"
    return _unless_line_end(value, compiled, fast, exact)


# ---------------------------------------------------------------------------------------------- replace


def _type_replace(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    signature = Signature((P_STRING, P_STRING, P_STRING, P_INTEGER), STRING, 1, defaults=(_ONE,))
    coerced, result = signature.apply(name, arguments)
    position = coerced[3]
    if not isinstance(position, Literal):
        raise analysis_error(
            "DATATYPE_MISMATCH.NON_FOLDABLE_INPUT",
            sqlExpr=quoted_call(name, coerced),
            inputName="`position`",
            inputType='"INT"',
            inputExpr=f'"{pretty_name(position)}"',
        )
    if position.value is not None and position.value < 1:
        raise analysis_error(
            "DATATYPE_MISMATCH.VALUE_OUT_OF_RANGE",
            sqlExpr=quoted_call(name, coerced),
            exprName="position",
            valueRange="(0, 2147483647]",
            currentValue=str(position.value),
        )
    return coerced, result


def _lower_replace(invocation: Invocation) -> str:
    value, pattern, replacement, position = invocation.sql
    given = invocation.constant(2)
    if _is_null_pattern(invocation) or (invocation.is_constant(2) and given is None):
        return _null(invocation)
    exact = _kernel("regexp_replace", invocation.sql)
    compiled = _pattern(invocation, "regexp_replace")
    if compiled is None or not isinstance(given, str):
        return exact
    rewritten = _re2_replacement(replacement_parts(given, compiled))
    if compiled.re2 is None or compiled.can_be_empty or rewritten is None:
        return exact
    start = invocation.constant(3)
    rest = value if start == 1 else f"substring({value}, {position})"
    fast = f"regexp_replace({rest}, {text(compiled.re2)}, {text(rewritten)}, 'g')"
    if start != 1:
        fast = f"(substring({value}, 1, {position} - 1) || {fast})"
    return _unless_line_end(value, compiled, fast, exact)


def _re2_replacement(parts: list[str | int]) -> str | None:
    """In RE2's form; None for a group beyond its single digit."""
    if any(isinstance(part, int) and part > _LARGEST_ENGINE_GROUP for part in parts):
        return None
    return "".join(f"\\{part}" if isinstance(part, int) else part.replace("\\", "\\\\") for part in parts)


# ---------------------------------------------------------------------------------------------- split


def _lower_split(invocation: Invocation) -> str:
    value, pattern, limit = invocation.sql
    if _is_null_pattern(invocation):
        return _null(invocation)
    exact = _kernel("split", invocation.sql)
    given, count = invocation.constant(1), invocation.constant(2)
    if not isinstance(given, str) or not given or not isinstance(count, int) or count > 0:
        return exact
    compiled = compile_pattern(given, "split")
    literal = _literal_text(given)
    if literal is not None:
        return f"string_split({value}, {text(literal)})"
    if compiled.re2 is None or compiled.can_be_empty:
        return exact
    return _unless_line_end(value, compiled, f"regexp_split_to_array({value}, {text(compiled.re2)})", exact)


def _literal_text(pattern: str) -> str | None:
    """The text a pattern without meta characters (but escaped punctuation) stands for."""
    if len(pattern) == 2 and pattern[0] == "\\" and not pattern[1].isalnum():
        return pattern[1]
    return None if set(pattern) & set("\\.[]{}()*+?^$|") else pattern


_RLIKE = scalar([P_STRING, P_STRING], BOOLEAN, _lower_rlike)

FUNCTIONS: dict[str, Function] = {
    "rlike": _RLIKE,
    "regexp": _RLIKE,
    "regexp_like": _RLIKE,
    "regexp_extract": scalar([P_STRING, P_STRING, P_INTEGER], STRING, _lower_extract, defaults=(_ONE,)),
    "regexp_extract_all": scalar([P_STRING, P_STRING, P_INTEGER], _STRINGS, _lower_extract, defaults=(_ONE,)),
    "regexp_count": scalar([P_STRING, P_STRING], INTEGER, _lower_count),
    "regexp_instr": scalar([P_STRING, P_STRING, P_INTEGER], INTEGER, _lower_instr, defaults=(_ZERO,)),
    "regexp_substr": scalar([P_STRING, P_STRING], STRING, _lower_substr, nullability=Nullability.ALWAYS),
    "regexp_replace": Function(_type_replace, _lower_replace),
    "split": scalar([P_STRING, P_STRING, P_INTEGER], _STRINGS, _lower_split, defaults=(_NO_LIMIT,)),
}

"""xpath and its typed forms: one expression, constant for the query, over a column of XML documents."""

from __future__ import annotations

from collections.abc import Sequence

from unbounded.errors import analysis_error
from unbounded.functions.environment import Environment
from unbounded.functions.naming import pretty_name
from unbounded.functions.registry import EngineRule, Function, Nullability
from unbounded.functions.signature import STRICT_STRING, Signature, is_null, quoted_call
from unbounded.plan.expressions import Expression, Literal
from unbounded.types.datatypes import (
    BOOLEAN,
    DOUBLE,
    FLOAT,
    INTEGER,
    LONG,
    SHORT,
    STRING,
    ArrayType,
    DataType,
)

_NUMBER = "kernel_xpath_number({0}, {1})"


def _xpath(returns: DataType, rule: EngineRule) -> Function:
    def type_call(
        name: str, arguments: Sequence[Expression], environment: Environment
    ) -> tuple[tuple[Expression, ...], DataType]:
        coerced, result = Signature((STRICT_STRING, STRICT_STRING), returns).apply(name, arguments)
        path = coerced[1]
        if not isinstance(path, Literal) and not is_null(path):
            raise analysis_error(
                "DATATYPE_MISMATCH.NON_FOLDABLE_INPUT",
                sqlExpr=quoted_call(name, arguments),
                inputName="`path`",
                inputType='"STRING"',
                inputExpr=f'"{pretty_name(path)}"',
            )
        return coerced, result

    return Function(type_call, rule, nullability=Nullability.ALWAYS, is_costly=True)


def _cut(least: int, most: int, engine_type: str) -> str:
    """A number as Java makes a whole one of it: cut, the nearest bound beyond the bounds, 0 for NaN."""
    inside = f"CAST(trunc(x) AS {engine_type})"
    return (
        f"list_transform([{_NUMBER}], lambda x : CASE WHEN isnan(x) THEN 0 "
        f"WHEN x >= {most} THEN {most} WHEN x <= {least} THEN {least} ELSE {inside} END)[1]"
    )


_AS_INT = f"CAST({_cut(-(2**31), 2**31 - 1, 'INTEGER')} AS INTEGER)"
_AS_LONG = f"CAST({_cut(-(2**63), 2**63 - 1, 'BIGINT')} AS BIGINT)"
_AS_SHORT = f"CAST(((({_AS_INT} & 65535) + 32768) & 65535) - 32768 AS SMALLINT)"
_DOUBLE = _xpath(DOUBLE, _NUMBER)

FUNCTIONS: dict[str, Function] = {
    "xpath": _xpath(ArrayType(STRING), "kernel_xpath({0}, {1})"),
    "xpath_string": _xpath(STRING, "kernel_xpath_text({0}, {1})"),
    "xpath_boolean": _xpath(BOOLEAN, "kernel_xpath_truth({0}, {1})"),
    "xpath_double": _DOUBLE,
    "xpath_number": _DOUBLE,
    "xpath_float": _xpath(FLOAT, f"CAST({_NUMBER} AS FLOAT)"),
    "xpath_int": _xpath(INTEGER, _AS_INT),
    "xpath_long": _xpath(LONG, _AS_LONG),
    "xpath_short": _xpath(SHORT, _AS_SHORT),
}

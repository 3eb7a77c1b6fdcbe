"""format_string and format_number: Java's `Formatter` and `DecimalFormat`. The format must be a constant."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from unbounded.errors import NO_CONDITION, ErrorKind, SparkError, not_supported
from unbounded.functions.engine import text
from unbounded.functions.environment import Environment
from unbounded.functions.math.rounding import round_fraction
from unbounded.functions.registry import Function, Invocation, Nullability
from unbounded.functions.signature import (
    P_STRING,
    Signature,
    implicit_cast,
    is_null,
    wrong_argument_count,
    wrong_argument_type,
)
from unbounded.functions.text_forms import to_text
from unbounded.plan.expressions import Expression
from unbounded.types.datatypes import (
    DOUBLE,
    INTEGER,
    STRING,
    ArrayType,
    BinaryType,
    BooleanType,
    DataType,
    DateType,
    DecimalType,
    DoubleType,
    FloatType,
    IntegralType,
    IntervalType,
    MapType,
    NullType,
    NumericType,
    StringType,
    StructType,
    TimestampNTZType,
    TimestampType,
)

Typed = tuple[tuple[Expression, ...], DataType]

_SPECIFIER = re.compile(r"%(?:(\d+)\$)?([-#+ 0,(<]*)(\d+)?(?:\.(\d+))?([A-Za-z%])")


@dataclass(frozen=True, slots=True)
class Specifier:
    """One `%…` of a format, taken apart."""

    flags: str
    width: int
    precision: int | None
    conversion: str

    @property
    def is_left(self) -> bool:
        return "-" in self.flags


# ---------------------------------------------------------------------------------------------- format_string


def _type_format_string(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    if not arguments:
        raise wrong_argument_count(name, 0, "> 0")
    (pattern,), _ = Signature((P_STRING,), STRING).apply(name, arguments[:1])
    return (pattern, *arguments[1:]), STRING


def _lower_format_string(invocation: Invocation) -> str:
    if is_null(invocation.arguments[0]):
        return "CAST(NULL AS VARCHAR)"
    if not invocation.is_constant(0):
        if len(invocation.sql) == 1:
            return invocation.sql[0]
        raise not_supported(f"{invocation.name} with a format that is not a constant", "Write the format as a literal.")
    pieces = _pieces(str(invocation.constant(0)), invocation)
    return f"({' || '.join(pieces)})" if pieces else "''"


def _pieces(pattern: str, invocation: Invocation) -> list[str]:
    """Engine texts whose concatenation is the formatted string; none of them is NULL."""
    pieces: list[str] = []
    position, following = 0, 1
    for match in _SPECIFIER.finditer(pattern):
        if match.start() > position:
            pieces.append(text(pattern[position : match.start()]))
        position = match.end()
        index, flags, width, precision, conversion = match.groups()
        specifier = Specifier(flags, int(width or 0), None if precision is None else int(precision), conversion)
        if conversion in "%n":
            pieces.append("'%'" if conversion == "%" else "chr(10)")
            continue
        chosen = int(index) if index else following
        following += 0 if index else 1
        if chosen >= len(invocation.sql):
            raise _illegal(f"Format specifier '{match[0]}'")
        pieces.append(_formatted(specifier, invocation, chosen))
    if position < len(pattern):
        pieces.append(text(pattern[position:]))
    return pieces


def _illegal(message: str) -> SparkError:
    return SparkError(ErrorKind.ILLEGAL_ARGUMENT, NO_CONDITION, {"message": message})


def _formatted(specifier: Specifier, invocation: Invocation, position: int) -> str:
    value, data_type = invocation.sql[position], invocation.type_of(position)
    conversion = specifier.conversion.lower()
    if isinstance(data_type, NullType):
        shown = "'false'" if conversion == "b" else "'null'"
    else:
        rule = _CONVERSIONS.get(conversion)
        if rule is None and conversion not in "gha":
            raise _illegal(f"Conversion = '{specifier.conversion}'")
        if rule is None:
            raise not_supported(f"%{specifier.conversion} in a format", "Use %s, %d, %x, %o, %f, %e, %c or %b.")
        shown = rule(specifier, value, data_type, invocation.environment)
        if conversion != "b":
            shown = f"coalesce({shown}, 'null')"
    if specifier.conversion.isupper():
        shown = f"upper({shown})"
    return _padded(shown, specifier)


def _padded(shown: str, specifier: Specifier) -> str:
    if not specifier.width:
        return shown
    if specifier.is_left:
        return f"rpad({shown}, greatest(length({shown}), {specifier.width})::INTEGER, ' ')"
    return f"lpad({shown}, greatest(length({shown}), {specifier.width})::INTEGER, ' ')"


def _as_text(specifier: Specifier, value: str, data_type: DataType, environment: Environment) -> str:
    match data_type:
        case StringType():
            shown = value
        case DateType():
            shown = f"CAST({value} - DATE '1970-01-01' AS VARCHAR)"
        case TimestampType() | TimestampNTZType():
            shown = f"CAST(epoch_us({value}) AS VARCHAR)"
        case IntervalType():
            shown = f"CAST({value} AS VARCHAR)"
        case BinaryType() | ArrayType() | MapType() | StructType():
            raise not_supported(f"%s of {data_type.simple_string}", "Cast the value to STRING.")
        case _:
            shown = to_text(value, data_type, environment)
    return shown if specifier.precision is None else f"left({shown}, {specifier.precision})"


def _as_boolean(specifier: Specifier, value: str, data_type: DataType, environment: Environment) -> str:
    test = f"coalesce({value}, false)" if isinstance(data_type, BooleanType) else f"({value} IS NOT NULL)"
    return f"CAST({test} AS VARCHAR)"


def _as_character(specifier: Specifier, value: str, data_type: DataType, environment: Environment) -> str:
    if not isinstance(data_type, IntegralType):
        raise _mismatch("c", data_type)
    return f"chr(CAST({value} AS INTEGER))"


def _as_integer(specifier: Specifier, value: str, data_type: DataType, environment: Environment) -> str:
    if not isinstance(data_type, IntegralType):
        raise _mismatch("d", data_type)
    digits = (
        f"format('{{:,}}', abs({value}::HUGEINT))"
        if "," in specifier.flags
        else f"CAST(abs({value}::HUGEINT) AS VARCHAR)"
    )
    return _signed(digits, value, specifier)


def _as_digits(specifier: Specifier, value: str, data_type: DataType, environment: Environment) -> str:
    """%x and %o: negative numbers in two's complement of their own width."""
    if not isinstance(data_type, IntegralType):
        raise _mismatch(specifier.conversion, data_type)
    unsigned = f"({value}::HUGEINT & {(1 << data_type.bits) - 1}::HUGEINT)"
    is_octal = specifier.conversion == "o"
    digits = f"kernel_conv(CAST({unsigned} AS VARCHAR), 10, {8 if is_octal else 16}, false)"
    shown = f"lower({digits})"
    if "#" in specifier.flags:
        shown = f"('{'0' if is_octal else '0x'}' || {shown})"
    return (
        f"lpad({shown}, greatest(length({shown}), {specifier.width})::INTEGER, '0')"
        if "0" in specifier.flags
        else shown
    )


def _as_fixed(specifier: Specifier, value: str, data_type: DataType, environment: Environment) -> str:
    """Rounded half up by the shown digits."""
    if not isinstance(data_type, DoubleType | FloatType):
        raise _mismatch(specifier.conversion, data_type)
    places = 6 if specifier.precision is None else specifier.precision
    rounded = round_fraction(f"abs({value})", data_type, places, False)
    grouping = "," if "," in specifier.flags else ""
    digits = f"format('{{:{grouping}.{places}f}}', {rounded}::DOUBLE)"
    return _finite(_signed(digits, value, specifier), value)


def _as_scientific(specifier: Specifier, value: str, data_type: DataType, environment: Environment) -> str:
    if not isinstance(data_type, DoubleType | FloatType):
        raise _mismatch(specifier.conversion, data_type)
    places = 6 if specifier.precision is None else specifier.precision
    return _finite(_signed(f"format('{{:.{places}e}}', abs({value}::DOUBLE))", value, specifier), value)


def _finite(shown: str, value: str) -> str:
    infinite = f"CASE WHEN {value} > 0 THEN 'Infinity' ELSE '-Infinity' END"
    return f"CASE WHEN isnan({value}) THEN 'NaN' WHEN isinf({value}) THEN {infinite} ELSE {shown} END"


def _signed(digits: str, value: str, specifier: Specifier) -> str:
    """Sign, parentheses and leading zeros around the digits of the magnitude."""
    positive = "'+'" if "+" in specifier.flags else "' '" if " " in specifier.flags else "''"
    negative, closing = (
        ("'('", f"CASE WHEN {value} < 0 THEN ')' ELSE '' END") if "(" in specifier.flags else ("'-'", "''")
    )
    sign = f"CASE WHEN {value} < 0 THEN {negative} ELSE {positive} END"
    if "0" in specifier.flags and specifier.width:
        taken = f"length({sign}) + length({closing})"
        digits = f"lpad({digits}, greatest(length({digits}), {specifier.width} - {taken})::INTEGER, '0')"
    return f"({sign} || {digits} || {closing})"


_JAVA_CLASSES = {
    "string": "org.apache.spark.unsafe.types.UTF8String",
    "int": "java.lang.Integer",
    "bigint": "java.lang.Long",
    "double": "java.lang.Double",
    "float": "java.lang.Float",
    "boolean": "java.lang.Boolean",
    "smallint": "java.lang.Short",
    "tinyint": "java.lang.Byte",
    "date": "java.lang.Integer",
    "timestamp": "java.lang.Long",
}


def _mismatch(conversion: str, data_type: DataType) -> SparkError:
    name = _JAVA_CLASSES.get(data_type.simple_string, "org.apache.spark.sql.types.Decimal")
    return _illegal(f"{conversion} != {name}")


_CONVERSIONS = {
    "s": _as_text,
    "b": _as_boolean,
    "c": _as_character,
    "d": _as_integer,
    "x": _as_digits,
    "o": _as_digits,
    "f": _as_fixed,
    "e": _as_scientific,
}


# ---------------------------------------------------------------------------------------------- format_number


def _type_format_number(name: str, arguments: Sequence[Expression], environment: Environment) -> Typed:
    if len(arguments) != 2:
        raise wrong_argument_count(name, len(arguments), "2")
    value, places = arguments
    if not isinstance(value.data_type, NumericType | NullType):
        raise wrong_argument_type(name, arguments, 0, '"NUMERIC"')
    if isinstance(value.data_type, NullType):
        value = implicit_cast(value, DOUBLE)
    if not isinstance(places.data_type, IntegralType | StringType | NullType):
        raise wrong_argument_type(name, arguments, 1, '("INT" or "STRING")')
    return (value, places if isinstance(places.data_type, StringType) else implicit_cast(places, INTEGER)), STRING


def _lower_format_number(invocation: Invocation) -> str:
    """Half to even, of the exact value; a string is a pattern of `DecimalFormat`."""
    value, places = invocation.sql
    is_pattern = isinstance(invocation.type_of(1), StringType)
    if isinstance(invocation.type_of(0), DecimalType | IntegralType):
        kernel, value = "decimal", f"CAST({value} AS VARCHAR)"
    else:
        kernel, value = "double", f"CAST({value} AS DOUBLE)"
    return f"kernel_{'pattern' if is_pattern else 'places'}_{kernel}({value}, {places})"


_FORMAT_STRING = Function(_type_format_string, _lower_format_string, nullability=Nullability.NEVER)

FUNCTIONS: dict[str, Function] = {
    "format_string": _FORMAT_STRING,
    "printf": _FORMAT_STRING,
    "format_number": Function(_type_format_number, _lower_format_number, nullability=Nullability.ALWAYS),
}

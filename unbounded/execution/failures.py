"""Engine failures -> Spark errors. The only reader of the engine's error texts."""

from __future__ import annotations

import re

import duckdb

from unbounded.errors import ErrorKind, SparkError
from unbounded.execution.file_failures import file_error
from unbounded.functions.datetimes.pattern_failures import explain_parse_failure
from unbounded.functions.engine import read_error

_ENGINE_ERROR = re.compile(r"[A-Za-z ]+ Error: ")
"""How the engine's errors begin; while rows are read they come without their class."""
_ABOUT_FILES = ("Invalid Input Error", "IO Error", "Not implemented Error")
_OVERFLOW = re.compile(r"Overflow in (\w+) of (INT\d+) \((-?\d+) (\S) (-?\d+)\)")
_SHORT_TYPES = ("INT8", "INT16")
_ALTERNATIVES = {"addition": "try_add", "subtraction": "try_subtract", "multiplication": "try_multiply"}


def spark_error(failure: BaseException) -> BaseException:
    """What the user shall see for `failure`; errors that are Spark's already pass unchanged."""
    text = str(failure)
    if not isinstance(failure, duckdb.Error) and not (isinstance(failure, OSError) and _ENGINE_ERROR.match(text)):
        return failure
    carried = read_error(text)
    if carried is not None:
        kind, condition, parameters = carried
        return SparkError(ErrorKind[kind], condition, _explained(condition, parameters))
    if text.startswith("INTERRUPT Error"):
        return SparkError(ErrorKind.SPARK, "OPERATION_CANCELED", {})
    if "Date and time not in timestamp range" in text:
        return _overflow("")
    if text.startswith("Out of Range Error") or "Date out of range" in text:
        return _out_of_range(text)
    if "More than one row returned by a subquery" in text:
        return SparkError(ErrorKind.SPARK, "SCALAR_SUBQUERY_TOO_MANY_ROWS", {})
    about_file = file_error(text) if text.startswith(_ABOUT_FILES) else None
    return about_file or SparkError(ErrorKind.SPARK, "INTERNAL_ERROR", {"message": text.splitlines()[0]})


def _explained(condition: str, parameters: dict[str, str]) -> dict[str, str]:
    """A failure to read a time carries what was read; why it failed is found out here."""
    if condition == "CANNOT_PARSE_TIMESTAMP" and "pattern" in parameters:
        return explain_parse_failure(parameters)
    return parameters


def _out_of_range(text: str) -> SparkError:
    if "SUM of DECIMAL" in text or "Overflow in HUGEINT addition" in text:
        parameters = {
            "message": "Overflow in sum of decimals",
            "alternative": " Use 'try_sum' to tolerate overflow and return NULL instead.",
            "config": '"spark.sql.ansi.enabled"',
        }
        return SparkError(ErrorKind.ARITHMETIC, "ARITHMETIC_OVERFLOW", parameters)
    found = _OVERFLOW.search(text)
    if found is None or found[1] not in _ALTERNATIVES:
        return _overflow("")
    operation, type_name, left, symbol, right = found.groups()
    function = _ALTERNATIVES[operation]
    if type_name in _SHORT_TYPES:
        values = {"value1": f"{left}S", "symbol": symbol, "value2": f"{right}S", "functionName": f"`{function}`"}
        return SparkError(ErrorKind.ARITHMETIC, "BINARY_ARITHMETIC_OVERFLOW", values)
    return _overflow(f" Use '{function}' to tolerate overflow and return NULL instead.")


def _overflow(alternative: str) -> SparkError:
    parameters = {"message": "overflow", "alternative": alternative, "config": '"spark.sql.ansi.enabled"'}
    return SparkError(ErrorKind.ARITHMETIC, "ARITHMETIC_OVERFLOW", parameters)

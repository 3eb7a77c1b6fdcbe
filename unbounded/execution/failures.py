"""Engine failures -> Spark errors. The only reader of the engine's error texts."""

from __future__ import annotations

import re

import duckdb

from unbounded.errors import ErrorKind, SparkError
from unbounded.execution.file_failures import file_error
from unbounded.functions.engine import read_error

_ABOUT_FILES = (duckdb.InvalidInputException, duckdb.IOException, duckdb.NotImplementedException)
_OVERFLOW = re.compile(r"Overflow in (\w+) of (\w+)")
_TYPE_NAMES = {"INT8": "byte", "INT16": "short", "INT32": "integer", "INT64": "long"}
_ALTERNATIVES = {"addition": "try_add", "subtraction": "try_subtract", "multiplication": "try_multiply"}


def spark_error(failure: BaseException) -> BaseException:
    """What the user shall see for `failure`; errors that are Spark's already pass unchanged."""
    if not isinstance(failure, duckdb.Error):
        return failure
    text = str(failure)
    carried = read_error(text)
    if carried is not None:
        kind, condition, parameters = carried
        return SparkError(ErrorKind[kind], condition, parameters)
    if isinstance(failure, duckdb.InterruptException):
        return SparkError(ErrorKind.SPARK, "OPERATION_CANCELED", {})
    if isinstance(failure, duckdb.OutOfRangeException):
        return _out_of_range(text)
    if "More than one row returned by a subquery" in text:
        return SparkError(ErrorKind.RUNTIME, "SCALAR_SUBQUERY_TOO_MANY_ROWS", {})
    about_file = file_error(text) if isinstance(failure, _ABOUT_FILES) else None
    return about_file or SparkError(ErrorKind.SPARK, "INTERNAL_ERROR", {"message": text.splitlines()[0]})


def _out_of_range(text: str) -> SparkError:
    if "SUM of DECIMAL" in text or "Overflow in HUGEINT addition" in text:
        parameters = {
            "message": "Overflow in sum of decimals",
            "alternative": " Use 'try_sum' to tolerate overflow and return NULL instead.",
            "config": '"spark.sql.ansi.enabled"',
        }
        return SparkError(ErrorKind.ARITHMETIC, "ARITHMETIC_OVERFLOW", parameters)
    found = _OVERFLOW.search(text)
    type_name = _TYPE_NAMES.get(found[2], "") if found else ""
    if found and type_name and found[1] in _ALTERNATIVES:
        parameters = {
            "message": f"{type_name} overflow",
            "alternative": f" Use '{_ALTERNATIVES[found[1]]}' to tolerate overflow and return NULL instead.",
            "config": '"spark.sql.ansi.enabled"',
        }
        return SparkError(ErrorKind.ARITHMETIC, "ARITHMETIC_OVERFLOW", parameters)
    parameters = {"message": "overflow", "alternative": "", "config": '"spark.sql.ansi.enabled"'}
    return SparkError(ErrorKind.ARITHMETIC, "ARITHMETIC_OVERFLOW", parameters)

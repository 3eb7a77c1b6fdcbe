"""Decimal types from numbers a user gave: checked, with Spark's errors."""

from __future__ import annotations

from unbounded.errors import ErrorKind, SparkError, analysis_error
from unbounded.types.datatypes import MAX_DECIMAL_PRECISION, DecimalType

_NEGATIVE_SCALE_SETTING = '"spark.sql.legacy.allowNegativeScaleOfDecimal"'


def decimal_type(precision: int, scale: int) -> DecimalType:
    """The decimal type, or Spark's error if it is outside the bounds."""
    if scale < 0:
        raise analysis_error("NEGATIVE_SCALE_DISALLOWED", scale=str(scale), sqlConf=_NEGATIVE_SCALE_SETTING)
    if scale > precision:
        raise analysis_error("_LEGACY_ERROR_TEMP_1228", scale=str(scale), precision=str(precision))
    if precision > MAX_DECIMAL_PRECISION:
        bounds = {"precision": str(precision), "maxPrecision": str(MAX_DECIMAL_PRECISION)}
        raise SparkError(ErrorKind.ARITHMETIC, "DECIMAL_PRECISION_EXCEEDS_MAX_PRECISION", bounds)
    return DecimalType(precision, scale)

"""Types as Scala prints them: `StructType(StructField(k,StringType,true))`. Some error messages of Spark show them."""

from __future__ import annotations

from unbounded.types.datatypes import ArrayType, DataType, DecimalType, MapType, StructType


def to_scala_text(data_type: DataType) -> str:
    match data_type:
        case StructType(fields=fields):
            shown = (f"StructField({f.name},{to_scala_text(f.data_type)},{_flag(f.nullable)})" for f in fields)
            return f"StructType({','.join(shown)})"
        case ArrayType(element_type=element_type, contains_null=contains_null):
            return f"ArrayType({to_scala_text(element_type)},{_flag(contains_null)})"
        case MapType(key_type=key_type, value_type=value_type, value_contains_null=value_contains_null):
            return f"MapType({to_scala_text(key_type)},{to_scala_text(value_type)},{_flag(value_contains_null)})"
        case DecimalType(precision=precision, scale=scale):
            return f"DecimalType({precision},{scale})"
        case _:
            bounds = (getattr(data_type, name, None) for name in ("start", "end"))
            shown_bounds = ",".join(str(int(bound)) for bound in bounds if bound is not None)
            return type(data_type).__name__ + (f"({shown_bounds})" if shown_bounds else "")


def _flag(value: bool) -> str:
    return "true" if value else "false"

"""Python functions of the protocol (UDFs and the functions of mapInPandas and its kin). Bytes stay pickled."""

from __future__ import annotations

from pyspark.sql.connect import proto
from pyspark.util import PythonEvalType

from unbounded.connect.decode.context import one_of_not_set
from unbounded.connect.decode.types import decode_data_type
from unbounded.errors import not_supported
from unbounded.plan.unresolved import Expression, PythonFunction
from unbounded.types.datatypes import NULL, DataType, StructType

_OF_ROWS = (PythonEvalType.SQL_BATCHED_UDF, PythonEvalType.SQL_ARROW_BATCHED_UDF)
_REFUSED = {"scalar_scala_udf": "A Scala function", "java_udf": "A Java function"}


def decode_python_function(
    message: proto.CommonInlineUserDefinedFunction, arguments: tuple[Expression, ...]
) -> PythonFunction:
    """The function, applied to `arguments` (already decoded)."""
    kind = message.WhichOneof("function")
    if kind is None:
        raise one_of_not_set(message, "function")
    if kind != "python_udf":
        raise not_supported(_REFUSED[kind], "There is no JVM here: write it in Python.")
    if message.is_distinct:
        raise not_supported("DISTINCT in a Python aggregate function", "Deduplicate the rows first.")
    python = message.python_udf
    return PythonFunction(
        name=message.function_name,
        arguments=arguments,
        command=python.command,
        eval_type=python.eval_type,
        output_type=_result_type(decode_data_type(python.output_type), python.eval_type),
        is_deterministic=message.deterministic,
        python_version=python.python_ver,
    )


def _result_type(data_type: DataType, eval_type: int) -> DataType:
    """A function of rows without results (`DataFrame.foreach`) is one of structs without fields. It gives NULL."""
    is_empty = data_type == StructType() and eval_type in _OF_ROWS
    return NULL if is_empty else data_type

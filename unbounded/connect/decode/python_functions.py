"""Python functions of the protocol (UDFs and the functions of mapInPandas and its kin). Bytes stay pickled."""

from __future__ import annotations

from pyspark.sql.connect import proto

from unbounded.connect.decode.context import one_of_not_set
from unbounded.connect.decode.types import decode_data_type
from unbounded.errors import not_supported
from unbounded.plan.unresolved import Expression, PythonFunction

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
        output_type=decode_data_type(python.output_type),
        is_deterministic=message.deterministic,
        python_version=python.python_ver,
    )

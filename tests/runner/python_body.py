"""Python bodies of blocks: statements, the last one possibly an expression whose value is the result."""

from __future__ import annotations

import ast
from typing import Any

from pyspark.sql import SparkSession, Window, functions, types


def python_scope(spark: SparkSession, directory: str) -> dict[str, Any]:
    """The names a body may use. `__name__` is no importable module, so functions in it are pickled by value."""
    return {"__name__": "__case__", "spark": spark, "F": functions, "T": types, "Window": Window, "dir": directory}


def evaluate(source: str, scope: dict[str, Any]) -> Any:
    """Runs the statements; returns the value of the last one if it is an expression, else None."""
    tree = ast.parse(source, filename="<case>")
    last = tree.body[-1] if tree.body else None
    if not isinstance(last, ast.Expr):
        exec(compile(tree, "<case>", "exec"), scope)
        return None
    exec(compile(ast.Module(tree.body[:-1], []), "<case>", "exec"), scope)
    return eval(compile(ast.Expression(last.value), "<case>", "eval"), scope)

"""Counts of Spark's interface: functions of `pyspark.sql.functions`, relation and command messages of the protocol."""

from __future__ import annotations

import inspect
from collections.abc import Collection

from google.protobuf.message import Message
from pyspark.sql import functions as spark_functions
from pyspark.sql.connect.proto import Command, Expression, Relation

from tests.style.sql_statements import STATEMENTS, is_read
from unbounded.analysis.rewrites import rewritten_names
from unbounded.connect.decode.commands import UNSUPPORTED_COMMANDS
from unbounded.connect.decode.expressions import REFUSED_EXPRESSIONS
from unbounded.connect.decode.relations import UNSUPPORTED_RELATIONS
from unbounded.functions.catalog import REGISTRY
from unbounded.functions.registry import FunctionKind

NOT_FUNCTIONS = frozenset(
    [
        "asc",
        "asc_nulls_first",
        "asc_nulls_last",
        "broadcast",
        "call_function",
        "call_udf",
        "col",
        "column",
        "desc",
        "desc_nulls_first",
        "desc_nulls_last",
        "expr",
        "lit",
        "outer",
        "udf",
        "udtf",
        "pandas_udf",
        "arrow_udf",
        "arrow_udtf",
        "unwrap_udt",
    ]
)
"""Public names of pyspark.sql.functions that make columns or wrap Python functions: no functions of the engine."""

OWN_NAMES = {
    "approxCountDistinct": "approx_count_distinct",
    "bitwiseNOT": "~",
    "bitwise_not": "~",
    "countDistinct": "count_distinct",
    "create_map": "map",
    "listagg_distinct": "listagg",
    "shiftLeft": "shiftleft",
    "shiftRight": "shiftright",
    "shiftRightUnsigned": "shiftrightunsigned",
    "string_agg_distinct": "string_agg",
    "sumDistinct": "sum",
    "sum_distinct": "sum",
    "timestamp_add": "timestampadd",
    "timestamp_diff": "timestampdiff",
    "toDegrees": "degrees",
    "toRadians": "radians",
    "negate": "negative",
}
"""What the client sends for a Python name, where that differs."""


def public_functions() -> list[str]:
    """The functions of pyspark.sql.functions by their Python names."""
    found = (
        name
        for name, value in inspect.getmembers(spark_functions, inspect.isfunction)
        if not name.startswith("_")
        and name not in NOT_FUNCTIONS
        and value.__module__.startswith("pyspark.sql.functions")
    )
    return sorted(found)


def engine_name(name: str) -> str:
    return OWN_NAMES.get(name, name).lower()


def is_supported(name: str) -> bool:
    return REGISTRY.find(engine_name(name)) is not None or engine_name(name) in rewritten_names()


def refused_functions() -> list[str]:
    return [name for name in public_functions() if not is_supported(name)]


def render_counts() -> str:
    """The table of counts and the functions that are refused, in Markdown."""
    public = public_functions()
    refused = refused_functions()
    kinds = {kind: sum(REGISTRY.find(n).kind is kind for n in REGISTRY.names) for kind in FunctionKind}  # type: ignore[union-attr]
    rows = [
        ("Functions of `pyspark.sql.functions`", len(public) - len(refused), len(public)),
        ("Relation messages of the protocol decoded", *_decoded(Relation, "rel_type", UNSUPPORTED_RELATIONS)),
        ("Expression messages of the protocol decoded", *_decoded(Expression, "expr_type", REFUSED_EXPRESSIONS)),
        ("Command messages of the protocol decoded", *_decoded(Command, "command_type", UNSUPPORTED_COMMANDS)),
        ("Kinds of SQL statements", sum(map(is_read, STATEMENTS)), len(STATEMENTS)),
    ]
    lines = ["| | supported | of |", "|---|---|---|", *(f"| {what} | {n} | {of} |" for what, n, of in rows)]
    names = ", ".join(f"{count} {kind.value}" for kind, count in kinds.items())
    lines += ["", f"The function table has {len(REGISTRY.names)} names, SQL synonyms included ({names}).", ""]
    shown = ", ".join(f"`{name}`" for name in refused)
    lines += [f"Known and refused by name: {shown}." if refused else "None is refused.", ""]
    unread = ", ".join(f"`{statement}`" for statement in STATEMENTS if not is_read(statement))
    lines += [f"SQL statements that are refused, by an example: {unread}.", ""]
    return "\n".join(lines)


def _decoded(message: type[Message], oneof: str, refused: Collection[str]) -> tuple[int, int]:
    fields = {field.name for field in message.DESCRIPTOR.oneofs_by_name[oneof].fields}
    return len(fields - set(refused)), len(fields)

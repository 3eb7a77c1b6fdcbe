"""The lowered query: engine SQL with the tables and Python functions it reads by name. A value; runs nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from unbounded.functions.environment import Environment
from unbounded.plan.expressions import Attribute, PythonCall
from unbounded.plan.logical import CoGroupMap, GroupMap, LogicalPlan, MapPartitions
from unbounded.types.datatypes import StructType

PythonNode = MapPartitions | GroupMap | CoGroupMap


@dataclass(frozen=True, eq=False, slots=True)
class TableInput:
    """Rows in memory under an engine name; columns are called `c0`, `c1`, …"""

    name: str
    table: pa.Table


@dataclass(frozen=True, slots=True)
class GivenInput:
    """Rows handed in when the query runs, under `given_name`; columns by position."""

    name: str
    given_name: str


@dataclass(frozen=True, eq=False, slots=True)
class SourceInput:
    """A `connectors.api.ArrowSource`, read when the query starts; its columns are called `c0`, `c1`, …"""

    name: str
    source: Any
    schema: StructType


@dataclass(frozen=True, eq=False, slots=True)
class StoredInput:
    """An `execution.stored_rows.StoredRows`; columns by position."""

    name: str
    rows: Any


@dataclass(frozen=True, eq=False, slots=True)
class PythonInput:
    """Rows a user's table function makes of the results of `children`."""

    name: str
    node: PythonNode
    children: tuple[LoweredQuery, ...]


Input = TableInput | GivenInput | SourceInput | StoredInput | PythonInput


@dataclass(frozen=True, eq=False, slots=True)
class LoweredQuery:
    """`sql` gives the columns of `output` in order. `functions` are the Python UDFs it calls, by engine name."""

    sql: str
    output: tuple[Attribute, ...]
    inputs: tuple[Input, ...] = ()
    functions: dict[str, PythonCall] = field(default_factory=dict)

    @property
    def schema(self) -> StructType:
        return StructType(tuple(a.to_field() for a in self.output))


class Lowering:
    """What grows while one query is lowered: its inputs and Python functions, each under an engine name."""

    def __init__(self, environment: Environment, prefix: str) -> None:
        """`prefix` keeps the engine names of two queries apart."""
        self.environment = environment
        self.inputs: list[Input] = []
        self.functions: dict[str, PythonCall] = {}
        self._prefix = prefix

    def input_name(self) -> str:
        return f"{self._prefix}_in{len(self.inputs)}"

    def function_name(self, call: PythonCall) -> str:
        name = f"{self._prefix}_udf{len(self.functions)}"
        self.functions[name] = call
        return name

    def nested_prefix(self) -> str:
        return f"{self._prefix}_{len(self.inputs)}"


def column(attribute: Attribute) -> str:
    """The engine name of a column."""
    return column_of(attribute.id)


def column_of(column_id: int) -> str:
    return f"c{column_id}" if column_id >= 0 else f"k{-column_id}"


def lowered_of(sql: str, plan: LogicalPlan, lowering: Lowering) -> LoweredQuery:
    return LoweredQuery(sql, plan.output, tuple(lowering.inputs), lowering.functions)

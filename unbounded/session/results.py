"""What a session hands back for a plan: rows that stream, or the answer to a command. No protocol in here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from unbounded.plan.unresolved import Relation
from unbounded.types.datatypes import StructType


@dataclass(slots=True)
class Rows:
    """A query's result. `batches` is consumed once and may run the query as it goes (memory stays bounded).

    `observed` fills with the values of `df.observe` metrics (name -> column name -> value as an Arrow scalar) once
    `batches` is exhausted. `close` releases the engine's resources and is safe to call twice.
    """

    schema: StructType
    batches: Iterator[pa.RecordBatch]
    observed: dict[str, Mapping[str, pa.Scalar[Any]]] = field(default_factory=dict)
    close: Callable[[], None] = lambda: None


@dataclass(frozen=True, slots=True)
class SqlCommandDone:
    """`spark.sql` of DDL or DML has run, or of a query has been checked: `relation` is what the client shall read."""

    relation: Relation


@dataclass(frozen=True, slots=True)
class CommandDone:
    """A command without an answer (a write, a view)."""


@dataclass(frozen=True, slots=True)
class StreamStarted:
    query_id: str
    run_id: str
    name: str | None
    started_event_json: str | None = None


Result = Rows | SqlCommandDone | CommandDone | StreamStarted

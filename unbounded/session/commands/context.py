"""What a command works with: the session's names and settings, the warehouse, the pipeline of its queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from unbounded.analysis.context import Ids
from unbounded.cancellation import Cancellation
from unbounded.errors import analysis_error
from unbounded.execution.database import Database
from unbounded.functions.environment import Environment
from unbounded.plan import unresolved as u
from unbounded.plan.logical import LogicalPlan
from unbounded.plan.streaming import is_streaming
from unbounded.session.catalog import SessionCatalog
from unbounded.session.config import SessionConfig
from unbounded.session.file_sources import FileSources
from unbounded.session.pipeline import Pipeline
from unbounded.session.tables import Tables
from unbounded.types.arrow import to_arrow_schema
from unbounded.types.datatypes import StructField, StructType


@dataclass(frozen=True, slots=True)
class CommandContext:
    config: SessionConfig
    names: SessionCatalog
    tables: Tables
    files: FileSources
    pipeline: Pipeline
    database: Database
    cancellation: Cancellation

    @property
    def environment(self) -> Environment:
        return self.pipeline.environment

    def analyze(self, relation: u.Relation, ids: Ids | None = None) -> LogicalPlan:
        return self.pipeline.analyze(relation, ids)

    def analyze_written(self, relation: u.Relation, ids: Ids | None = None, *, method: str = "write") -> LogicalPlan:
        """Rows that a batch writes, by this method. Raises: SparkError CALL_ON_STREAMING_DATASET_UNSUPPORTED"""
        plan = self.analyze(relation, ids)
        if is_streaming(plan):
            raise analysis_error("CALL_ON_STREAMING_DATASET_UNSUPPORTED", methodName=f"`{method}`")
        return plan


def result_rows(fields: Sequence[StructField], rows: Sequence[tuple[object, ...]]) -> u.LocalRelation:
    """A small result table as a relation the client reads."""
    schema = StructType(tuple(fields))
    arrow_schema = to_arrow_schema(schema, "UTC")
    columns = [pa.array([row[i] for row in rows], field.type) for i, field in enumerate(arrow_schema)]
    return u.LocalRelation(pa.Table.from_arrays(columns, schema=arrow_schema), schema)


NOTHING = u.LocalRelation(pa.table({}))
"""The result of a command that has none."""

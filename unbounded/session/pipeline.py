"""One query from the unresolved plan to rows, on one screen: analyse, optimise, lower, run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa

from unbounded.analysis.analyzer import analyze
from unbounded.analysis.context import Catalog, Ids
from unbounded.cancellation import Cancellation
from unbounded.errors import analysis_error
from unbounded.execution.database import Database
from unbounded.execution.queries import Run, next_prefix, run_query, run_to_table
from unbounded.functions.environment import Environment
from unbounded.lowering.lowered import LoweredQuery
from unbounded.lowering.plans import lower_query
from unbounded.optimizer.rules import optimize
from unbounded.optimizer.spark_row_order import order_as_spark
from unbounded.plan import unresolved as u
from unbounded.plan.logical import LogicalPlan
from unbounded.plan.streaming import is_streaming


def refuse_stream(plan: LogicalPlan) -> None:
    """Raises: SparkError if `plan` reads a stream, whose rows nobody can have at once"""
    if is_streaming(plan):
        raise analysis_error(
            "_LEGACY_ERROR_TEMP_3102",
            msg="Queries with streaming sources must be executed with writeStream.start(), or from a streaming "
            "table or flow definition within a Spark Declarative Pipeline.",
        )


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The stages of one query, with everything they depend on."""

    environment: Environment
    catalog: Catalog
    database: Database

    def analyze(self, relation: u.Relation, ids: Ids | None = None) -> LogicalPlan:
        return analyze(relation, self.environment, self.catalog, ids)

    def in_spark_order(self, plan: LogicalPlan) -> LogicalPlan:
        """`plan` with the row order in which Spark would hand its groups to the user."""
        return order_as_spark(plan, self.environment.shuffle_partition_count)

    def lower(self, plan: LogicalPlan) -> LoweredQuery:
        refuse_stream(plan)
        return lower_query(optimize(plan), self.environment, next_prefix())

    def run(self, plan: LogicalPlan, cancellation: Cancellation) -> Iterator[pa.RecordBatch]:
        """The rows of `plan`, streamed, with Spark's Arrow types."""
        return run_query(self.lower(plan), self.run_of(cancellation))

    def collect(self, plan: LogicalPlan, cancellation: Cancellation) -> pa.Table:
        """The rows of `plan` in memory."""
        return run_to_table(self.lower(plan), self.run_of(cancellation))

    def run_of(self, cancellation: Cancellation) -> Run:
        return Run(self.database, self.environment.time_zone, cancellation)

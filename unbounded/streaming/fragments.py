"""Runs the ordinary queries of a streaming query on the engine: each is lowered once and run for every batch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pyarrow as pa

from unbounded.cancellation import Cancellation
from unbounded.execution.database import Database
from unbounded.execution.queries import Run, next_prefix, run_to_table
from unbounded.functions.environment import Environment
from unbounded.lowering.lowered import LoweredQuery
from unbounded.lowering.plans import lower_query
from unbounded.optimizer.rules import optimize
from unbounded.plan.expressions import Call
from unbounded.plan.logical import LogicalPlan
from unbounded.plan.tree import contains
from unbounded.types.arrow import to_arrow_schema
from unbounded.types.datatypes import StructType

_TIME_FUNCTIONS = frozenset({"current_timestamp", "now", "current_date", "curdate", "localtimestamp", "unix_timestamp"})


class FragmentRunner:
    """Lowered queries by plan. A plan that asks for the current time is lowered anew for every batch."""

    def __init__(self, environment: Environment, database: Database, cancellation: Cancellation) -> None:
        self.environment = environment
        self._database = database
        self._cancellation = cancellation
        self._lowered: dict[int, tuple[LogicalPlan, LoweredQuery]] = {}

    def run(self, plan: LogicalPlan, given: Mapping[str, pa.Table], now_us: int) -> pa.Table:
        """The rows of `plan` with its inputs `given`, at the batch's time.

        Raises: SparkError
        """
        run = Run(self._database, self.environment.time_zone, self._cancellation, given)
        return run_to_table(self._lower(plan, now_us), run)

    def _lower(self, plan: LogicalPlan, now_us: int) -> LoweredQuery:
        found = self._lowered.get(id(plan))
        if found is not None and found[0] is plan:
            return found[1]
        environment = replace(self.environment, now_us=now_us)
        lowered = lower_query(optimize(plan), environment, next_prefix())
        if not contains(plan, _reads_time):
            self._lowered[id(plan)] = (plan, lowered)
        return lowered

    def run_once(self, plan: LogicalPlan, now_us: int) -> pa.Table:
        """The rows of a plan made for one batch only (a source's new rows)."""
        environment = replace(self.environment, now_us=now_us)
        query = lower_query(optimize(plan), environment, next_prefix())
        return run_to_table(query, Run(self._database, self.environment.time_zone, self._cancellation))

    def empty(self, schema: StructType) -> pa.Table:
        """No rows of `schema`."""
        return to_arrow_schema(schema, self.environment.time_zone).empty_table()


def _reads_time(node: object) -> bool:
    return isinstance(node, Call) and node.function in _TIME_FUNCTIONS

"""A streaming query for benchmarks: one source, its checkpoint on disk, no session around it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from unbounded.analysis.analyzer import analyze
from unbounded.analysis.context import Catalog, Ids
from unbounded.cancellation import Cancellation
from unbounded.checkpoint.checkpoint import open_checkpoint
from unbounded.clock import Clock
from unbounded.connectors.noop import NoopSink
from unbounded.connectors.streams import OutputMode, SourceContext, StreamProvider
from unbounded.execution.database import Database
from unbounded.functions.environment import Environment
from unbounded.plan import unresolved as u
from unbounded.plan.logical import LogicalPlan, StreamScan
from unbounded.sql import parse_statement
from unbounded.storage.local import LocalFileSystem
from unbounded.streaming.fragments import FragmentRunner
from unbounded.streaming.incremental import incremental_plan
from unbounded.streaming.microbatch import MicroBatch, StreamSettings
from unbounded.streaming.stores import open_stores

Shape = Callable[[StreamScan], LogicalPlan]


@dataclass(frozen=True)
class _Names:
    """There is one relation, whatever its name."""

    provider: StreamProvider
    shape: Shape

    def find_relation(self, parts: tuple[str, ...], options: u.Options, is_streaming: bool, ids: Ids) -> LogicalPlan:
        return self.shape(StreamScan(self.provider, ids.attributes(self.provider.schema)))

    def find_function(self, name: str) -> None: ...

    def stored(self, relation: u.Relation, plan: LogicalPlan) -> LogicalPlan:
        return plan


def bench_query(
    sql: str, provider: StreamProvider, directory: str, clock: Clock, shape: Shape = lambda scan: scan
) -> MicroBatch:
    """The batches of `sql` in update mode; `shape` makes the relation it reads of the source's rows."""
    environment, files, mode = Environment(), LocalFileSystem(), OutputMode.UPDATE
    statement = parse_statement(sql, {}, ())
    assert isinstance(statement, u.Relation)
    plan = incremental_plan(analyze(statement, environment, cast(Catalog, _Names(provider, shape))), mode)
    checkpoint = open_checkpoint(files, directory)
    stores = open_stores(plan, files, checkpoint, environment.time_zone, clock)
    runner = FragmentRunner(environment, Database({}), Cancellation())
    source = provider.open(SourceContext(checkpoint.source_directory(0), files, clock))
    return MicroBatch(plan, (source,), NoopSink(), stores, checkpoint, runner, clock, StreamSettings(mode))

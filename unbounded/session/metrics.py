"""df.observe: the metrics of a query, computed beside its rows."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from unbounded.cancellation import Cancellation
from unbounded.plan.logical import Aggregate, CollectMetrics, LogicalPlan
from unbounded.plan.tree import collect
from unbounded.session.pipeline import Pipeline
from unbounded.session.results import Rows


def observe(rows: Rows, plan: LogicalPlan, pipeline: Pipeline, cancellation: Cancellation) -> Rows:
    """`rows`, whose `observed` fills when they have been read to the end."""
    observers = collect(plan, CollectMetrics)
    if not observers:
        return rows

    def batches() -> Iterator[pa.RecordBatch]:
        yield from rows.batches
        for observer in observers:
            table = pipeline.collect(Aggregate(observer.child, (), observer.metrics), cancellation)
            rows.observed[observer.name] = {f.name: table.column(i)[0] for i, f in enumerate(table.schema)}

    return Rows(rows.schema, batches(), rows.observed, rows.close)

"""df.observe: the metrics of a query, computed from the very rows it used.

What is observed is computed once and kept (on disk if it is large); the query and the metrics both read it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from unbounded.cancellation import Cancellation
from unbounded.execution.stored_rows import StoredRows
from unbounded.plan.logical import Aggregate, CollectMetrics, LogicalPlan, Stored
from unbounded.plan.tree import contains, rewrite
from unbounded.session.pipeline import Pipeline
from unbounded.session.results import Rows


def run_observed(plan: LogicalPlan, pipeline: Pipeline, cancellation: Cancellation) -> Rows:
    """The rows of `plan`; their `observed` fills when they have been read to the end."""
    if not contains(plan, lambda node: isinstance(node, CollectMetrics)):
        return Rows(plan.schema, pipeline.run(plan, cancellation))
    observers: list[CollectMetrics] = []

    def keep(node: Any) -> Any:
        if not isinstance(node, CollectMetrics):
            return node
        kept = Stored(StoredRows(pipeline.lower(node.child)), node.child.output)
        observers.append(CollectMetrics(kept, node.name, node.metrics))
        return kept

    query = rewrite(plan, keep)

    def batches() -> Iterator[pa.RecordBatch]:
        try:
            yield from pipeline.run(query, cancellation)
            for observer in observers:
                table = pipeline.collect(Aggregate(observer.child, (), observer.metrics), cancellation)
                rows.observed[observer.name] = {f.name: table.column(i)[0] for i, f in enumerate(table.schema)}
        finally:
            for observer in observers:
                assert isinstance(observer.child, Stored)
                observer.child.rows.drop()

    rows = Rows(plan.schema, batches())
    return rows

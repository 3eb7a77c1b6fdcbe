"""The incremental plan: fragments of ordinary queries joined by operators. Data only; `incremental` builds it.

A fragment is a logical plan over named inputs; each input is fed by a source or by an operator. Everything stateless
between two operators is one fragment and so one engine query.

`late_rows` of an operator, over the inputs of its fragment `below`: for every row its event time, or the window of it,
by which it may be late, and the row as JSON. None: no row is ever late.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from unbounded.plan.expressions import Attribute, Expression
from unbounded.plan.logical import LogicalPlan, StreamScan

NEW, STORED = "new", "stored"
"""Inputs of an operator's own plans: rows of this batch, rows found in the state."""


@dataclass(frozen=True, slots=True)
class SourceFeed:
    """The new rows of the source at `position` in the plan's scans, those that fulfil `condition`."""

    position: int
    scan: StreamScan
    condition: Expression | None = None


@dataclass(frozen=True, slots=True)
class Fragment:
    """`plan` reads its inputs by the names in `feeds`."""

    plan: LogicalPlan
    feeds: Mapping[str, Feed]


@dataclass(frozen=True, slots=True)
class WatermarkNode:
    """Looks at the event times that pass: column `column` of the rows of `below`. Nodes are numbered in plan order."""

    number: int
    below: Fragment
    column: int
    delay_ms: int


@dataclass(frozen=True, slots=True)
class ObserverNode:
    """df.observe: the rows of `below` pass unchanged; `metrics` makes one row of those in input `NEW`."""

    name: str
    below: Fragment
    metrics: LogicalPlan


@dataclass(frozen=True, slots=True)
class IncrementalAggregate:
    """A GROUP BY kept between batches.

    `below` makes one row of state per group of the new rows; `merge` makes one of the rows of inputs `NEW` and
    `STORED`. `state` are the columns kept, the first `key_count` of them the group's keys; the fragment above makes
    result rows of them. `tells_first_seen`: rows of both inputs end with the position of the group's first row, by
    which `merge` orders them. `event_key`: which of the keys is event time (or a window of it).
    """

    operator_id: int
    below: Fragment
    merge: LogicalPlan
    state: tuple[Attribute, ...]
    key_count: int
    event_key: int | None
    has_watermark: bool
    late_rows: LogicalPlan | None = None
    tells_first_seen: bool = False


@dataclass(frozen=True, slots=True)
class IncrementalSessions:
    """A GROUP BY with a session window. The rows of `below` have their own session, column `row_session`.

    `update` makes one row of state per key and session of the rows in input `NEW`; `merge` merges those in `NEW` and
    `STORED`, those of a key together. `state` are the columns of a session: the first `key_count` are the group's
    keys, and the one at `session` is the session; the fragment above makes result rows of them.
    """

    operator_id: int
    below: Fragment
    row_session: int
    update: LogicalPlan
    merge: LogicalPlan
    state: tuple[Attribute, ...]
    key_count: int
    session: int
    has_watermark: bool
    late_rows: LogicalPlan | None = None


@dataclass(frozen=True, slots=True)
class IncrementalDeduplicate:
    """The first row per combination of `keys`, which are positions in the rows of `below`.

    `distinct` keeps the first of the rows in input `NEW`. `late`: the event time column by which rows are late.
    `expiry`: the event time column by which a key is forgotten, `delay_ms` after it (None: never).
    """

    operator_id: int
    below: Fragment
    distinct: LogicalPlan
    keys: tuple[int, ...]
    late: int | None
    expiry: int | None
    delay_ms: int
    is_within_watermark: bool
    has_watermark: bool
    late_rows: LogicalPlan | None = None


@dataclass(frozen=True, slots=True)
class IncrementalLimit:
    """The first `row_count` rows of the query's whole life."""

    operator_id: int
    below: Fragment
    row_count: int
    has_watermark: bool
    late_rows: None = None


StatefulOperator = IncrementalAggregate | IncrementalSessions | IncrementalDeduplicate | IncrementalLimit
Feed = SourceFeed | WatermarkNode | ObserverNode | StatefulOperator


@dataclass(frozen=True, slots=True)
class IncrementalPlan:
    """A query as the micro-batch engine runs it: the fragment nearest the sink, and every source in plan order.

    `reads`: the positions in `scans` of what the query reads, in plan order. A stream that two branches of a union read
    is one source there, and has two places in the offset log.
    """

    output: Fragment
    scans: tuple[StreamScan, ...]
    reads: tuple[int, ...]

    def logged_offsets(self, offsets: Sequence[str | None]) -> tuple[str | None, ...]:
        """As the offset log has them, from one of each source."""
        return tuple(offsets[position] for position in self.reads)

    def source_offsets(self, logged: Sequence[str | None]) -> tuple[str | None, ...]:
        """One of each source, from those in the log."""
        return tuple(logged[self.reads.index(position)] for position in range(len(self.scans)))

    def operators(self) -> Iterator[StatefulOperator]:
        """Stateful operators, the one nearest the sink first."""
        found = (
            feed for feed in _feeds(self.output) if not isinstance(feed, SourceFeed | WatermarkNode | ObserverNode)
        )
        return iter(sorted(found, key=lambda operator: operator.operator_id))

    def watermark_nodes(self) -> Iterator[WatermarkNode]:
        return (feed for feed in _feeds(self.output) if isinstance(feed, WatermarkNode))

    @property
    def redefines_watermark(self) -> bool:
        """Whether a watermark stands above another one."""
        return any(isinstance(inner, WatermarkNode) for node in self.watermark_nodes() for inner in _feeds(node.below))


def _feeds(fragment: Fragment) -> Iterator[Feed]:
    for feed in fragment.feeds.values():
        yield feed
        if not isinstance(feed, SourceFeed):
            yield from _feeds(feed.below)

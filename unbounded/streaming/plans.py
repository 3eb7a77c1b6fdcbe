"""The incremental plan: fragments of ordinary queries joined by stateful operators. Data only; `incremental` builds it.

A fragment is a logical plan over named inputs; each input is fed by a source or by a stateful operator. Everything
stateless between two operators is one fragment and so one engine query.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from unbounded.plan.expressions import Attribute
from unbounded.plan.logical import LogicalPlan, StreamScan


@dataclass(frozen=True, slots=True)
class SourceFeed:
    """The new rows of the source at `position` in the plan."""

    position: int
    scan: StreamScan


@dataclass(frozen=True, slots=True)
class Fragment:
    """`plan` reads its inputs by the names in `feeds`."""

    plan: LogicalPlan
    feeds: Mapping[str, Feed]


@dataclass(frozen=True, slots=True)
class IncrementalAggregate:
    """A GROUP BY kept between batches.

    `update` makes one row of state per group of the new rows; `merge` makes one of the rows of inputs `NEW` and
    `STORED`; `finish` makes result rows of the rows of state in input `STATE`. `state` are the columns kept, the
    first `key_count` of them the group's keys.
    """

    operator_id: int
    update: Fragment
    merge: LogicalPlan
    finish: LogicalPlan
    state: tuple[Attribute, ...]
    key_count: int


NEW, STORED, STATE = "new", "stored", "state"

Operator = IncrementalAggregate
Feed = SourceFeed | Operator


@dataclass(frozen=True, slots=True)
class IncrementalPlan:
    """A query as the micro-batch engine runs it: the fragment nearest the sink, and every source in plan order."""

    output: Fragment
    scans: tuple[StreamScan, ...]

    def operators(self) -> Iterator[Operator]:
        """Stateful operators, the one nearest the sink first."""
        yield from _operators(self.output)


def _operators(fragment: Fragment) -> Iterator[Operator]:
    for feed in fragment.feeds.values():
        if isinstance(feed, IncrementalAggregate):
            yield feed
            yield from _operators(feed.update)

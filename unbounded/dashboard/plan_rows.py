"""How many rows each node of a query's plan gave in the last batch that had any, as far as that is known.

The engine runs what stands between two stateful operators as one query, so rows are counted at its ends only: those of
a filter below an aggregation are not, those of a projection are the ones of the node below it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from unbounded.functions.plan_text import Branch

RowCount = Callable[[object], int | None]
"""`StreamingQuery.row_count`."""


class PlanRows:
    """Of one plan, which does not change while a query runs. The place of a node is before those of the nodes below."""

    def __init__(self, root: Branch) -> None:
        self._counted = list(_counted(root, None))

    def counts(self, row_count: RowCount) -> Sequence[int | None]:
        """Rows by place; None: unknown."""
        return [None if counted is None else row_count(counted) for counted in self._counted]


def _counted(branch: Branch, above: object) -> Iterator[object]:
    """For each node what its rows are counted by. `above`: what counts those of the node above, if they are as many."""
    own = _own_count(branch) or above
    yield own
    for below in branch.below:
        yield from _counted(below, own if branch.keeps_count else None)


def _own_count(branch: Branch) -> object:
    """What counts its rows, or those of a node below that has as many."""
    if branch.counted is None and branch.keeps_count:
        return _own_count(branch.below[0])
    return branch.counted

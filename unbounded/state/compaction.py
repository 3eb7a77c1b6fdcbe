"""Which segments are merged, and how. A merge leaves out rows that do not count and keeps the ids of the others.

Segments of about one size are merged by eights, so a row is copied once per size it passes (10 k rows, 80 k, 640 k),
and once more for each row beside it that stopped counting. The plan looks at numbers only; no rows, no index.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from unbounded.state.arrays import Ids
from unbounded.state.segments import SEGMENT_ROWS, Segment, Segments, live_part

FAN_IN = 8
_SMALLEST_TIER = 1 << 12
_LARGEST_DEAD_PART = 0.5


def plan_merges(segments: Sequence[Segment]) -> list[list[Segment]]:
    """Runs of neighbours to merge into one each; a run of one is a segment with too many rows that do not count."""
    for limit in _tiers():
        runs = [run for run in _small_runs(segments, limit) if _is_due(run, limit)]
        groups = [group for run in runs for group in _packed(run) if len(group) > 1]
        if groups:
            return groups
    return [[segment] for segment in segments if _is_mostly_dead(segment)]


@dataclass(eq=False)
class Merge:
    """Begun between two transactions, run wherever there is time, installed between two later ones.

    Rows that stop counting in the meantime are copied all the same, and marked when the copies take their places.
    """

    group: Sequence[Segment]
    merged: list[Segment] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._rows = [segment.rows for segment in self.group]
        self._kept = [segment.is_live.copy() for segment in self.group]

    def run(self) -> None:
        """As one segment; as more if one Arrow batch cannot hold them; as none if no row counts."""
        parts = zip(self.group, self._rows, self._kept, strict=True)
        rows = pa.Table.from_batches([live_part(rows, kept, int(np.count_nonzero(kept))) for _, rows, kept in parts])
        kept = zip(self.group, self._kept, strict=True)
        ids = np.concatenate([segment.ids_at(np.flatnonzero(is_kept)) for segment, is_kept in kept])
        start = 0
        for batch in rows.combine_chunks().to_batches():
            self.merged.append(_segment(batch, ids[start : start + batch.num_rows]))
            start += batch.num_rows

    def install(self, segments: Segments) -> None:
        pairs = zip(self.group, self._kept, strict=True)
        is_live = np.concatenate([segment.is_live[is_kept] for segment, is_kept in pairs])
        start = 0
        for segment in self.merged:
            end = start + segment.rows.num_rows
            segment.mark(np.flatnonzero(~is_live[start:end]), is_live=False)
            start = end
        segments.substitute(self.group, self.merged)


def _segment(rows: pa.RecordBatch, ids: Ids) -> Segment:
    first_id = int(ids[0])
    is_gapless = int(ids[-1]) - first_id + 1 == len(ids)
    return Segment.of(rows, first_id, None if is_gapless else ids)


def _tiers() -> Iterator[int]:
    limit = _SMALLEST_TIER
    while limit < SEGMENT_ROWS:
        yield limit
        limit *= FAN_IN


def _small_runs(segments: Sequence[Segment], limit: int) -> Iterator[list[Segment]]:
    """The longest runs of neighbours that have `limit` rows or fewer."""
    run: list[Segment] = []
    for segment in segments:
        if segment.live_count <= limit:
            run.append(segment)
        elif run:
            yield run
            run = []
    if run:
        yield run


def _is_due(run: Sequence[Segment], limit: int) -> bool:
    """Whether enough of the run is of this size; what is smaller goes along."""
    least = limit // FAN_IN if limit > _SMALLEST_TIER else -1
    return sum(segment.live_count > least for segment in run) >= FAN_IN


def _packed(run: Sequence[Segment]) -> Iterator[list[Segment]]:
    """The run in groups of no more than SEGMENT_ROWS rows."""
    group: list[Segment] = []
    row_count = 0
    for segment in run:
        if group and row_count + segment.live_count > SEGMENT_ROWS:
            yield group
            group, row_count = [], 0
        group.append(segment)
        row_count += segment.live_count
    yield group


def _is_mostly_dead(segment: Segment) -> bool:
    row_count: int = segment.rows.num_rows
    return segment.live_count < (1 - _LARGEST_DEAD_PART) * row_count

"""Segments on disk: a segment's rows are written to a file and mapped, so the system reads what is used of them.

Not durable, and not for the checkpoint: the file has lost its name before it is used, and goes with the mapping.
"""

from __future__ import annotations

import os
import tempfile

import pyarrow as pa

from unbounded.state.segments import Segment, Segments


def spill_cold_segments(segments: Segments, excess_bytes: int, directory: str | None) -> None:
    """Maps the oldest segments until `excess_bytes` of memory are free, or none is left. Rows move, nothing else."""
    for segment in segments.parts:
        if excess_bytes <= 0:
            return
        if segment.is_spilled:
            continue
        _spill(segment, directory)
        excess_bytes -= segment.size_bytes


def _spill(segment: Segment, directory: str | None) -> None:
    descriptor, path = tempfile.mkstemp(prefix="unbounded-state-", dir=directory)
    os.close(descriptor)
    try:
        with pa.OSFile(path, "wb") as sink, pa.ipc.new_file(sink, segment.rows.schema) as writer:
            writer.write_batch(segment.rows)
        segment.rows = pa.ipc.open_file(pa.memory_map(path)).get_batch(0)
    finally:
        os.unlink(path)
    segment.is_spilled = True

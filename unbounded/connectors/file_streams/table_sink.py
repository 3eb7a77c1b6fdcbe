"""A table that several streams write, one after the other: each goes on numbering in the log where the last one ended.

The log of a file sink knows batches by number alone. A second query would begin with 0 again, and its batches would be
taken for replays of the first one's. So a table also keeps, by query id, the entry that is a query's batch 0. The
query that has begun last is the only one that may write.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass

import pyarrow as pa

from unbounded.checkpoint.logs import unreadable
from unbounded.connectors.file_streams.manifest import Manifest
from unbounded.connectors.file_streams.sink import FileStreamSink
from unbounded.connectors.streams import OutputMode
from unbounded.errors import not_supported
from unbounded.storage.api import FileSystem

_FOLDER = "_streams"


@dataclass(frozen=True, slots=True)
class _Turn:
    """`order` counts the queries of the table; `first_entry` is the entry of the log for the query's batch 0."""

    order: int
    first_entry: int


class TableStreamSink:
    """Implements `connectors.streams.StreamSink` over the file sink of the table's folder."""

    takes_parts = False

    def __init__(self, sink: FileStreamSink, manifest: Manifest, files: FileSystem, folder: str, query_id: str) -> None:
        """Raises: SparkError if another query has begun to write the table since this one did"""
        self._sink = sink
        self._files = files
        self._directory = os.path.join(folder, _FOLDER)
        self._query_id = query_id
        self._turn = self._take_turn(manifest)

    @property
    def description(self) -> str:
        return self._sink.description

    def write(self, batch_id: int, rows: pa.Table, mode: OutputMode) -> None:
        """Raises: SparkError if another query has begun to write the table"""
        self._refuse_if_followed(self._turns(), self._turn)
        self._sink.write(self._turn.first_entry + batch_id, rows, mode)

    def close(self) -> None:
        self._sink.close()

    def _take_turn(self, manifest: Manifest) -> _Turn:
        self._files.sync_tree(self._directory)
        turns = self._turns()
        own = turns.get(self._query_id)
        if own is not None:
            self._refuse_if_followed(turns, own)
            return own
        latest = manifest.latest()
        order = 1 + max((turn.order for turn in turns.values()), default=0)
        turn = _Turn(order, 0 if latest is None else latest + 1)
        self._files.put_if_absent(os.path.join(self._directory, self._query_id), json.dumps(asdict(turn)).encode())
        return turn

    def _turns(self) -> dict[str, _Turn]:
        """By query id."""
        paths = [status.path for status in self._files.list(self._directory)]
        names = [os.path.basename(path) for path in paths]
        return {
            name: _read_turn(path, self._files.read(path))
            for name, path in zip(names, paths, strict=True)
            if not name.startswith(".")
        }

    def _refuse_if_followed(self, turns: dict[str, _Turn], own: _Turn) -> None:
        if any(turn.order > own.order for turn in turns.values()):
            hint = "Give each its own table, or let both use foreachBatch with batch.write.insertInto."
            raise not_supported("Going on with a stream into a table that a later stream writes", hint)


def _read_turn(path: str, content: bytes) -> _Turn:
    try:
        return _Turn(**json.loads(content))
    except (ValueError, TypeError) as error:
        raise unreadable(path) from error

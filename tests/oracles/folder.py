"""Clicks as a folder of files, one row each: the file source with its log, over rows in memory."""

from __future__ import annotations

from collections.abc import Sequence

from tests.unit.streaming.harness import SCHEMA, Clicks, TableSource
from unbounded.checkpoint.compactible_log import LogSettings
from unbounded.connectors.file_streams.source import FileStreamProvider, FileStreamSource
from unbounded.connectors.files.listing import DataFile
from unbounded.connectors.streams import SourceContext

_FOLDER = "/nowhere"


class ClicksInFiles(Clicks):
    """A provider whose source takes two files a batch and compacts its log often."""

    def open(self, context: SourceContext) -> FileStreamSource:  # type: ignore[override]
        log = LogSettings(3, retained_batches=2)
        options = {"maxfilespertrigger": "2"}
        return FileStreamProvider(_FOLDER, SCHEMA, options, self._find, self._read, log).open(context)

    def _find(self) -> Sequence[DataFile]:
        return [DataFile(f"{_FOLDER}/{i:03d}", 1, i) for i in range(len(self.rows))]

    def _read(self, paths: Sequence[str]) -> TableSource:
        return TableSource(self.table([self.rows[int(path.rpartition("/")[2])] for path in paths]))

"""Which files of a streaming file sink's folder count: its log in `_spark_metadata`, in Spark's format."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence

from unbounded.checkpoint.compactible_log import CompactibleLog, LogSettings
from unbounded.clock import Clock
from unbounded.connectors.files.listing import MANIFEST_FOLDER, DataFile
from unbounded.connectors.files.paths import encoded_uri, is_glob, local_path, path_of_uri
from unbounded.storage.api import FileSystem

_BLOCK_BYTES = 33_554_432


def has_manifest(path: str) -> bool:
    """Whether `path` is the folder of a streaming file sink; a glob never is."""
    return os.path.isdir(os.path.join(local_path(path), MANIFEST_FOLDER)) and not is_glob(path)


class Manifest:
    """The log of the sink in `folder`. `retention_ms`: files older than that no longer count."""

    def __init__(
        self, files: FileSystem, folder: str, clock: Clock, settings: LogSettings, retention_ms: int | None = None
    ) -> None:
        self._files = files
        self._clock = clock
        self._retention_ms = retention_ms
        directory = os.path.join(folder, MANIFEST_FOLDER)
        self._log = CompactibleLog(files, directory, clock, settings, self._is_kept)

    def sync(self) -> None:
        """What is in the log stays there."""
        self._files.sync_tree(self._log.directory)

    def latest(self) -> int | None:
        return self._log.latest()

    def add(self, batch_id: int, written: Sequence[DataFile]) -> None:
        self._log.add(batch_id, [_to_json(file) for file in written])

    def files(self) -> list[DataFile]:
        """All files that count, in the order in which they were added."""
        entries = (json.loads(line) for line in self._log.read_all())
        return [
            DataFile(path_of_uri(entry["path"]), entry["size"], entry["modificationTime"])
            for entry in entries
            if not entry["isDir"]
        ]

    def _is_kept(self, line: str) -> bool:
        if self._retention_ms is None:
            return True
        age_ms = self._clock.now_us() // 1000 - int(json.loads(line)["modificationTime"])
        return age_ms <= self._retention_ms


def _to_json(file: DataFile) -> str:
    entry = {
        "path": encoded_uri(file.path),
        "size": file.size_bytes,
        "isDir": False,
        "modificationTime": file.modified_ms,
        "blockReplication": 1,
        "blockSize": _BLOCK_BYTES,
        "action": "add",
    }
    return json.dumps(entry, separators=(",", ":"), ensure_ascii=False)

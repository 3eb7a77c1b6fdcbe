"""The logs of a checkpoint in Spark's text formats: offsets (what a batch will read), commits (which are done).

A log is a directory with one file per batch, named by its number: `v1`, then lines. Files are added, never changed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from unbounded.errors import NO_CONDITION, ErrorKind, SparkError
from unbounded.storage.api import FileSystem

VERSION = "v1"
NO_OFFSET = "-"

Entry = TypeVar("Entry")


def unreadable(path: str, reason: str = "Incomplete log file") -> SparkError:
    """For a file of a log that is not what was written, as Spark names it."""
    message = f"Failed to read log file file:{path}. {reason}"
    return SparkError(ErrorKind.JAVA_RUNTIME, NO_CONDITION, {"message": message})


def check_version(line: str, path: str, *, latest: int = 1) -> None:
    """Raises: SparkError if `line` does not say a version of the log that is known, up to `latest`"""
    found = re.fullmatch(r"v([1-9]\d*)", line)
    if found and int(found[1]) <= latest:
        return
    if not line:
        raise unreadable(path)
    parameters = {"maxSupportedVersion": str(latest), "version": found[1] if found else ""}
    condition = "INVALID_LOG_VERSION.MAX_SUPPORTED_VERSION" if found else "MALFORMED_LOG_FILE"
    raise unreadable(path, SparkError(ErrorKind.SPARK, condition, {"text": line, **parameters}).message)


class BatchLog:
    """Numbered text files in one directory. Knows nothing of what the lines mean."""

    def __init__(self, files: FileSystem, directory: str, *, latest_version: int = 1) -> None:
        self._files = files
        self._latest_version = latest_version
        self.directory = directory
        self._oldest: int | None = None

    def add(self, batch_id: int, lines: Sequence[str]) -> None:
        """Writes entry `batch_id` durably. Raises: SparkError CONCURRENT_STREAM_LOG_UPDATE if it exists."""
        content = "\n".join((VERSION, *lines)).encode()
        if not self._files.put_if_absent(self._path(batch_id), content):
            raise SparkError(
                ErrorKind.SPARK, "CONCURRENT_STREAM_LOG_UPDATE", {"batchId": str(batch_id), "path": self.directory}
            )

    def read(self, batch_id: int) -> list[str]:
        """The lines of entry `batch_id` after the version.

        Raises: SparkError for a file that does not begin with a known version
        """
        path = self._path(batch_id)
        version, *lines = self._files.read(path).decode(errors="replace").split("\n")
        check_version(version, path, latest=self._latest_version)
        return lines

    def parse(self, batch_id: int, parse: Callable[[list[str]], Entry]) -> Entry:
        """What the lines of entry `batch_id` say. Raises: SparkError for lines that `parse` cannot read"""
        lines = self.read(batch_id)
        try:
            return parse(lines)
        except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
            raise unreadable(self._path(batch_id)) from error

    def latest(self) -> int | None:
        return max(self.batch_ids(), default=None)

    def batch_ids(self) -> list[int]:
        """All entries in order; files whose name is not a number are none."""
        names = (status.path.rsplit("/", 1)[-1] for status in self._files.list(self.directory))
        return sorted(int(name) for name in names if name.isdigit())

    def has(self, batch_id: int) -> bool:
        return self._files.exists(self._path(batch_id))

    def purge_before(self, batch_id: int) -> None:
        """Looks into the directory once only: it is this log's own."""
        if self._oldest is None:
            self._oldest = min(self.batch_ids(), default=batch_id)
        for old in range(self._oldest, batch_id):
            self._files.delete(self._path(old))
        self._oldest = max(self._oldest, batch_id)

    def _path(self, batch_id: int) -> str:
        return f"{self.directory}/{batch_id}"


@dataclass(frozen=True, slots=True)
class PlannedOffsets:
    """What offsets/N says: the end offset of every source (None: has none yet), the batch's time and watermark."""

    offsets: tuple[str | None, ...]
    timestamp_ms: int
    watermark_ms: int
    settings: Mapping[str, str] = field(default_factory=dict)


class OffsetLog:
    """offsets/: written before a batch runs, so that a replay reads the same rows at the same time."""

    def __init__(self, files: FileSystem, directory: str) -> None:
        self.log = BatchLog(files, directory)

    def add(self, batch_id: int, planned: PlannedOffsets) -> None:
        metadata = {
            "batchWatermarkMs": planned.watermark_ms,
            "batchTimestampMs": planned.timestamp_ms,
            "conf": dict(planned.settings),
        }
        offsets = (NO_OFFSET if offset is None else offset for offset in planned.offsets)
        self.log.add(batch_id, [json.dumps(metadata, separators=(",", ":")), *offsets])

    def read(self, batch_id: int) -> PlannedOffsets:
        return self.log.parse(batch_id, _planned)


def _planned(lines: list[str]) -> PlannedOffsets:
    metadata_text, *offsets = lines
    metadata = json.loads(metadata_text or "{}")
    return PlannedOffsets(
        tuple(map(_offset, offsets)),
        int(metadata.get("batchTimestampMs", 0)),
        int(metadata.get("batchWatermarkMs", 0)),
        metadata.get("conf", {}),
    )


def _offset(line: str) -> str | None:
    """Raises: ValueError for what is no JSON, as every source's offsets are"""
    if line == NO_OFFSET:
        return None
    json.loads(line)
    return line


class CommitLog:
    """commits/: written after a batch's state and output are durable.

    Versions 2 and 3 say besides how Spark's own state was written, which nobody reads here.
    """

    def __init__(self, files: FileSystem, directory: str) -> None:
        self.log = BatchLog(files, directory, latest_version=3)

    def add(self, batch_id: int, next_watermark_ms: int) -> None:
        self.log.add(batch_id, [json.dumps({"nextBatchWatermarkMs": next_watermark_ms}, separators=(",", ":"))])

    def read(self, batch_id: int) -> int:
        """The watermark of the batch after, milliseconds."""
        return self.log.parse(batch_id, _next_watermark)


def _next_watermark(lines: list[str]) -> int:
    return int(json.loads(lines[0] if lines else "{}").get("nextBatchWatermarkMs", 0))

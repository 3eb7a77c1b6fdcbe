"""Files as the engine needs them: durable, atomic, injectable. Paths are absolute text; contents are bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class FileStatus:
    """`modified_ms`: milliseconds since the epoch."""

    path: str
    size_bytes: int
    modified_ms: int
    is_directory: bool


class FileSystem(Protocol):
    """What the checkpoint, the state store and the logs of file connectors do with files.

    What cannot be written raises SparkError UNBOUNDED_DISK_FULL, or OSError, with the name of the file.
    """

    def put_if_absent(self, path: str, content: bytes) -> bool:
        """Creates `path` with `content`, durably and at once as a whole; False (and no change) if it exists."""
        ...

    def replace(self, path: str, content: bytes) -> None:
        """`path` has `content` afterwards, durably, and never a part of it."""
        ...

    def read(self, path: str) -> bytes:
        """Raises: FileNotFoundError"""
        ...

    def exists(self, path: str) -> bool: ...

    def list(self, directory: str) -> Sequence[FileStatus]:
        """The entries of `directory` by name; none if it does not exist."""
        ...

    def make_directory(self, path: str) -> None: ...

    def rename(self, source: str, target: str) -> None:
        """Durably; replaces an existing file."""
        ...

    def sync(self, path: str) -> None:
        """Makes a file written by others, or a directory's entries, durable."""
        ...

    def sync_tree(self, directory: str) -> None:
        """Makes durable whatever names there are in `directory`, below it and on the way to it, if it exists.

        A process that was killed may have left names that a loss of power would still take back. Who goes on where
        it ended calls this first.
        """
        ...

    def delete(self, path: str) -> None:
        """A file, or a directory with everything in it; does nothing if there is none."""
        ...

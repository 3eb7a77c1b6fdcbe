"""Files in memory that can stop working at a chosen change, as a machine does that loses its power."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from unbounded.storage.api import FileStatus


class PowerLost(BaseException):
    """Not an Exception: nothing of ours may catch it."""


@dataclass
class MemoryFiles:
    """Implements `storage.api.FileSystem`. Every change is durable at once, and counted.

    `changes_left`: how many changes still happen; the one after them does not, nor any later.
    """

    contents: dict[str, bytes] = field(default_factory=dict)
    change_count: int = 0
    changes_left: int | None = None

    def put_if_absent(self, path: str, content: bytes) -> bool:
        if path in self.contents:
            return False
        self.replace(path, content)
        return True

    def replace(self, path: str, content: bytes) -> None:
        self._change()
        self.contents[path] = content

    def read(self, path: str) -> bytes:
        try:
            return self.contents[path]
        except KeyError:
            raise FileNotFoundError(path) from None

    def exists(self, path: str) -> bool:
        return path in self.contents

    def list(self, directory: str) -> Sequence[FileStatus]:
        inside = sorted(path for path in self.contents if path.startswith(f"{directory}/"))
        return [FileStatus(path, len(self.contents[path]), 0, False) for path in inside]

    def make_directory(self, path: str) -> None: ...

    def rename(self, source: str, target: str) -> None:
        self._change()
        self.contents[target] = self.contents.pop(source)

    def sync(self, path: str) -> None: ...

    def sync_tree(self, directory: str) -> None: ...

    def delete(self, path: str) -> None:
        self._change()
        self.contents.pop(path, None)

    def names(self, directory: str) -> set[str]:
        return {status.path.removeprefix(f"{directory}/") for status in self.list(directory)}

    def restart(self) -> None:
        self.changes_left = None

    def _change(self) -> None:
        if self.changes_left == 0:
            raise PowerLost
        if self.changes_left is not None:
            self.changes_left -= 1
        self.change_count += 1

"""Files a program adds for its workers (`addFile`, `addPyFile`). Local copies only, nothing is fetched."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import ClassVar

ROOT_VARIABLE = "UNBOUNDED_RDD_FILES"
IMPORTABLE_ARCHIVES = (".zip", ".egg", ".jar")


class SparkFiles:
    """Where the added files lie, on the driver and in the workers."""

    root: ClassVar[str | None] = None

    @classmethod
    def get(cls, filename: str) -> str:
        """The absolute path of a file added with `SparkContext.addFile`."""
        return os.path.join(cls.getRootDirectory(), filename)

    @classmethod
    def getRootDirectory(cls) -> str:
        """The directory of the added files."""
        root = cls.root or os.environ.get(ROOT_VARIABLE)
        if root is None:
            raise RuntimeError("There is no active SparkContext")
        return root


def add_file(path: str, root: Path, *, recursive: bool) -> Path:
    """Copy a file, or with `recursive` a directory, into the directory of added files."""
    source = Path(path.removeprefix("file://")).absolute()
    if not source.exists():
        raise FileNotFoundError(f"File file:{source} does not exist")
    target = root / source.name
    if source.is_dir():
        if not recursive:
            raise OSError(f"Added file file:{source} is a directory and recursive is not turned on.")
        shutil.copytree(source, target, dirs_exist_ok=True)
    else:
        shutil.copyfile(source, target)
    return target

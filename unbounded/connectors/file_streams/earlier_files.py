"""Files that stood in a table before its first stream. They are listed once, so that the log of the sink can name them.

Once a folder has the log of a file sink, only files in the log count. Spark forgets the rows a table had before; here
the first entry of the log names their files too. The list is durable before the first batch, so that files of a
batch that died cannot get into it.
"""

from __future__ import annotations

import json
import os

from unbounded.checkpoint.logs import unreadable
from unbounded.connectors.files.listing import MANIFEST_FOLDER, DataFile, ListingOptions, list_files
from unbounded.storage.api import FileSystem

_NAME = "_files_before_streams"


def remember_earlier_files(files: FileSystem, folder: str) -> None:
    """For a stream that begins to write into `folder`. Does nothing if there has been one before."""
    if is_streamed(files, folder):
        return
    found = list_files([folder], ListingOptions()).files if os.path.isdir(folder) else ()
    if not found:
        files.make_directory(os.path.join(folder, MANIFEST_FOLDER))
        return
    lines = [json.dumps([os.path.relpath(f.path, folder), f.size_bytes, f.modified_ms]) for f in found]
    files.put_if_absent(os.path.join(folder, _NAME), "\n".join(lines).encode())


def earlier_files(files: FileSystem, folder: str) -> list[DataFile]:
    """What `remember_earlier_files` found."""
    path = os.path.join(folder, _NAME)
    if not files.exists(path):
        return []
    try:
        entries = [json.loads(line) for line in files.read(path).decode().splitlines()]
        return [DataFile(os.path.join(folder, name), size, modified_ms) for name, size, modified_ms in entries]
    except (ValueError, TypeError) as error:
        raise unreadable(path) from error


def is_streamed(files: FileSystem, folder: str) -> bool:
    """Whether a stream writes, or has written, into the table in `folder`: other files there do not count."""
    return any(files.exists(os.path.join(folder, name)) for name in (MANIFEST_FOLDER, _NAME))

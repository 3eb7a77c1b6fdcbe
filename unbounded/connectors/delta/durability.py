"""Versions of a Delta table that outlive a loss of power: delta-rs leaves it to the system when it writes to disk."""

from __future__ import annotations

import os

from unbounded.connectors.delta.log import commit_path, read_commit, versions
from unbounded.storage.api import FileSystem


def sync_versions(path: str, *, since: int, files: FileSystem) -> None:
    """What versions after `since` added: data files first, then their commits, then the names of both."""
    new = [version for version in versions(path) if version > since]
    data = [file.path for version in new for file in read_commit(path, version).added]
    commits = [commit_path(path, version) for version in new]
    for file in (*data, *commits):
        if os.path.exists(file):
            files.sync(file)
    for folder in dict.fromkeys(_folders(path, [*data, *commits])):
        files.sync(folder)


def _folders(path: str, files: list[str]) -> list[str]:
    """The folders of `files` up to the table's own, innermost first, and the one the table stands in."""
    found = []
    for file in files:
        folder = os.path.dirname(file)
        while folder.startswith(path) and os.path.isdir(folder):
            found.append(folder)
            folder = os.path.dirname(folder)
    return [*found, os.path.dirname(path)]

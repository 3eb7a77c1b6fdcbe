"""The log of a Delta table as it lies in its folder: which versions there are, from when, and what each one did."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from unbounded.connectors.files.listing import DataFile
from unbounded.connectors.files.paths import path_of_uri

_LOG = "_delta_log"
_COMMIT = re.compile(r"(\d{20})\.json")
_LOG_FILE = re.compile(r"\d{20}\..*(json|parquet)")


@dataclass(frozen=True, slots=True)
class Commit:
    """What one version did to rows: files that only moved rows (`dataChange` false) are left out.

    `schema_json` and `table_id` are given where the version changed the table's metadata.
    """

    version: int
    added: tuple[DataFile, ...]
    removed: tuple[str, ...]
    has_deletion_vectors: bool = False
    schema_json: str | None = None
    table_id: str | None = None


@dataclass(frozen=True, slots=True)
class CommitTime:
    version: int
    milliseconds: int


def is_table(path: str) -> bool:
    folder = os.path.join(path, _LOG)
    return os.path.isdir(folder) and any(_LOG_FILE.fullmatch(name) for name in os.listdir(folder))


def versions(path: str) -> Sequence[int]:
    """The versions whose commits are still there, oldest first."""
    found = (_COMMIT.fullmatch(name) for name in os.listdir(os.path.join(path, _LOG)))
    return sorted(int(match[1]) for match in found if match is not None)


def commit_times(path: str) -> Sequence[CommitTime]:
    """When the versions came to be, by their files' times; one is always later than the one before."""
    times: list[CommitTime] = []
    for version in versions(path):
        milliseconds = os.stat(commit_path(path, version)).st_mtime_ns // 1_000_000
        if times:
            milliseconds = max(milliseconds, times[-1].milliseconds + 1)
        times.append(CommitTime(version, milliseconds))
    return times


@dataclass(frozen=True, slots=True)
class FeedFile:
    """A file of the change data feed. `change_type`: of all its rows; None if each row says its own."""

    file: DataFile
    partition_values: Mapping[str, str | None]
    change_type: str | None


def read_commit(path: str, version: int) -> Commit:
    """Raises: FileNotFoundError if the version does not exist, or no more"""
    actions = _actions(path, version)
    added = [action["add"] for action in actions if _changes_data(action.get("add"))]
    removed = [action["remove"] for action in actions if _changes_data(action.get("remove"))]
    metadata: dict[str, Any] = next((action["metaData"] for action in actions if "metaData" in action), {})
    return Commit(
        version,
        tuple(DataFile(file_path(path, add["path"]), add["size"], add["modificationTime"]) for add in added),
        tuple(remove["path"] for remove in removed),
        any(add.get("deletionVector") for add in added),
        metadata.get("schemaString"),
        metadata.get("id"),
    )


def read_feed(path: str, version: int) -> Sequence[FeedFile]:
    """Raises: FileNotFoundError if the version does not exist, or no more"""
    actions = _actions(path, version)
    changed = [FeedFile(*_placed(path, action["cdc"]), None) for action in actions if "cdc" in action]
    if changed:
        return changed
    kinds = (("add", "insert"), ("remove", "delete"))
    rows = ((action.get(name), kind) for action in actions for name, kind in kinds)
    return [FeedFile(*_placed(path, found), kind) for found, kind in rows if found and _changes_data(found)]


def _placed(path: str, action: Mapping[str, Any]) -> tuple[DataFile, Mapping[str, str | None]]:
    name, modified_ms = action["path"], action.get("modificationTime") or action.get("deletionTimestamp") or 0
    return DataFile(file_path(path, name), action.get("size") or 0, modified_ms), action.get("partitionValues") or {}


def read_properties(path: str, version: int) -> Mapping[str, str] | None:
    """The properties of the table, if the version changes its metadata. Raises: FileNotFoundError"""
    return next((a["metaData"]["configuration"] for a in _actions(path, version) if "metaData" in a), None)


def read_info(path: str, version: int) -> Mapping[str, Any]:
    """What the writer of the version said about it. Raises: FileNotFoundError"""
    return next((action["commitInfo"] for action in _actions(path, version) if "commitInfo" in action), {})


def _actions(path: str, version: int) -> list[dict[str, Any]]:
    with open(commit_path(path, version), encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def file_path(table_path: str, name: str) -> str:
    """The absolute path of a data file: names in the log are URIs, mostly relative to the table."""
    return path_of_uri(name) if name.startswith("file:") else os.path.join(table_path, unquote(name))


def _changes_data(action: dict[str, Any] | None) -> bool:
    return action is not None and bool(action.get("dataChange", True))


def commit_path(path: str, version: int) -> str:
    return os.path.join(path, _LOG, f"{version:020}.json")

"""A query's checkpoint directory: its identity and its logs. Formats of the logs are in `logs`."""

from __future__ import annotations

import json
from dataclasses import dataclass

from unbounded.checkpoint.logs import CommitLog, OffsetLog
from unbounded.checkpoint.operator_metadata import OperatorLog
from unbounded.errors import ErrorKind, SparkError
from unbounded.ids import new_id
from unbounded.storage.api import FileSystem


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """`query_id` survives restarts; it is in the file `metadata`."""

    directory: str
    query_id: str
    offsets: OffsetLog
    commits: CommitLog
    operators: OperatorLog

    def source_directory(self, position: int) -> str:
        return f"{self.directory}/sources/{position}"

    def state_directory(self, operator: int) -> str:
        return f"{self.directory}/state/{operator}"


def open_checkpoint(files: FileSystem, directory: str) -> Checkpoint:
    """The checkpoint in `directory`, made if there is none.

    Raises: SparkError INTERNAL_ERROR for a metadata file that cannot be read,
    STREAMING_CHECKPOINT_MISSING_METADATA_FILE for one that is lost
    """
    directory = directory.rstrip("/")
    path = f"{directory}/metadata"
    offsets, commits = OffsetLog(files, f"{directory}/offsets"), CommitLog(files, f"{directory}/commits")
    if not files.exists(path) and (offsets.log.batch_ids() or commits.log.batch_ids()):
        parameters = {"checkpointLocation": f"file:{directory}"}
        raise SparkError(ErrorKind.RUNTIME, "STREAMING_CHECKPOINT_MISSING_METADATA_FILE", parameters)
    content = json.dumps({"id": new_id()}, separators=(",", ":")).encode()
    files.put_if_absent(path, content)
    files.sync_tree(directory)
    try:
        query_id = str(json.loads(files.read(path))["id"])
    except (ValueError, KeyError) as error:
        message = f"Error reading stream metadata from {path}: {error}. Restore the file or start a new checkpoint."
        raise SparkError(ErrorKind.SPARK, "INTERNAL_ERROR", {"message": message}) from error
    return Checkpoint(
        directory,
        query_id,
        offsets,
        commits,
        OperatorLog(files, f"{directory}/state"),
    )

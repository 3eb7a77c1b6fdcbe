"""The options of `spark.read.format("statestore")`, checked in Spark's order and refused with its conditions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from unbounded.checkpoint.logs import BatchLog
from unbounded.connectors.files.paths import file_uri, local_path
from unbounded.connectors.option_values import INT_MAX, illegal_argument, whole_number
from unbounded.errors import ErrorKind, SparkError, not_supported
from unbounded.storage.api import FileSystem

Options = Mapping[str, str]
"""Values by names in lower case."""

_DEFAULT_STORE = "default"
_NO_SIDE = "none"
_SIDES = ("left", "right", _NO_SIDE)
_ONLY_WITH_CHANGES = "Only specify this option when readChangeFeed is set to true."


@dataclass(frozen=True, slots=True)
class StateOptions:
    """`batch_id`: the state after that batch; of `change_start` (None: no changes are read) to it the changes.

    `snapshot_batch_id`, `partition_id`: the snapshot from which the state is restored.
    """

    checkpoint: str
    batch_id: int
    operator_id: int = 0
    store_name: str = _DEFAULT_STORE
    join_side: str = _NO_SIDE
    state_variable: str | None = None
    reads_timers: bool = False
    flattens: bool = True
    change_start: int | None = None
    snapshot_batch_id: int | None = None
    partition_id: int | None = None

    @property
    def state_directory(self) -> str:
        return f"{self.checkpoint}/state/{self.operator_id}"

    def __str__(self) -> str:
        """As Spark's errors show it."""
        shown = {
            "checkpointLocation": file_uri(self.checkpoint),
            "batchId": self.batch_id,
            "operatorId": self.operator_id,
            "storeName": self.store_name,
            "joinSide": self.join_side,
            "stateVarName": self.state_variable,
            "flattenCollectionTypes": str(self.flattens).lower(),
        }
        if self.snapshot_batch_id is not None:
            shown |= {"snapshotStartBatchId": self.snapshot_batch_id, "snapshotPartitionId": self.partition_id}
        if self.change_start is not None:
            shown |= {"changeStartBatchId": self.change_start, "changeEndBatchId": self.batch_id}
        return f"StateSourceOptions({', '.join(f'{name}={value}' for name, value in shown.items())})"


def state_options(options: Options, files: FileSystem) -> StateOptions:
    """Raises: SparkError STDS_* for missing, wrong and contradicting options, and batches that are not committed"""
    path = options.get("path")
    if path is None:
        raise _required("path")
    operator_id = _number(options, "operatorId", INT_MAX) or 0
    if operator_id < 0:
        raise _negative("operatorId")
    store_name = options.get("storename", _DEFAULT_STORE).strip()
    if not store_name:
        raise _stds("STDS_INVALID_OPTION_VALUE.IS_EMPTY", optionName="storeName")
    reads_timers = _flag(options, "readRegisteredTimers", default=False)
    if reads_timers and "statevarname" in options:
        raise _conflict("readRegisteredTimers", "stateVarName")
    flattens = _flag(options, "flattenCollectionTypes", default=True)
    join_side = options.get("joinside", _NO_SIDE)
    if join_side not in _SIDES:
        raise _invalid("joinSide", f"Valid values are {','.join(_SIDES)}")
    if join_side != _NO_SIDE and store_name != _DEFAULT_STORE:
        raise _conflict("joinSide", "storeName")
    if _flag(options, "internalOnlyReadAllColumnFamilies", default=False):
        raise not_supported("The option internalOnlyReadAllColumnFamilies", "A state here has no column families.")
    checkpoint = local_path(path)
    batches = _changes(options, checkpoint, files) or _snapshot(options, checkpoint, files)
    _check_committed(batches.batch_id, checkpoint, files)
    variable = options.get("statevarname")
    return StateOptions(
        checkpoint,
        batches.batch_id,
        operator_id,
        store_name,
        join_side,
        None if variable is None else variable.strip(),
        reads_timers,
        flattens,
        batches.change_start,
        batches.snapshot_batch_id,
        batches.partition_id,
    )


@dataclass(frozen=True, slots=True)
class _Batches:
    """As in `StateOptions`."""

    batch_id: int
    change_start: int | None = None
    snapshot_batch_id: int | None = None
    partition_id: int | None = None


def _changes(options: Options, checkpoint: str, files: FileSystem) -> _Batches | None:
    """What the options say about changes; None if they ask for a state."""
    if not _asks_for_changes(options):
        for name in ("changeStartBatchId", "changeEndBatchId"):
            if _number(options, name) is not None:
                raise _invalid(name, _ONLY_WITH_CHANGES)
        return None
    if options.get("joinside", _NO_SIDE) != _NO_SIDE:
        raise _conflict("joinSide", "readChangeFeed")
    for name in ("batchId", "snapshotStartBatchId", "snapshotPartitionId"):
        if _number(options, name) is not None:
            raise _conflict(name, "readChangeFeed")
    start, end = _number(options, "changeStartBatchId"), _number(options, "changeEndBatchId")
    if start is None:
        raise _required("changeStartBatchId")
    end = _last_committed(checkpoint, files) if end is None else end
    if start < 0:
        raise _negative("changeStartBatchId")
    if end < start:
        message = (
            "changeEndBatchId cannot be smaller than changeStartBatchId. Please check the input to changeEndBatchId, "
            f"or if you are using its default value, make sure that changeStartBatchId is less than {end}."
        )
        raise _invalid("changeEndBatchId", message)
    return _Batches(end, change_start=start)


def _snapshot(options: Options, checkpoint: str, files: FileSystem) -> _Batches:
    batch_id = _number(options, "batchId")
    snapshot, partition = _number(options, "snapshotStartBatchId"), _number(options, "snapshotPartitionId", INT_MAX)
    batch_id = _last_committed(checkpoint, files) if batch_id is None else batch_id
    if batch_id < 0:
        raise _negative("batchId")
    if snapshot is not None and snapshot < 0:
        raise _negative("snapshotStartBatchId")
    if snapshot is not None and snapshot > batch_id:
        raise _invalid("snapshotStartBatchId", f"value should be less than or equal to {batch_id}")
    if partition is not None and partition < 0:
        raise _negative("snapshotPartitionId")
    if (snapshot is None) != (partition is None):
        raise _required("snapshotStartBatchId" if snapshot is None else "snapshotPartitionId")
    return _Batches(batch_id, snapshot_batch_id=snapshot, partition_id=partition)


def _last_committed(checkpoint: str, files: FileSystem) -> int:
    latest = BatchLog(files, f"{checkpoint}/commits").latest()
    if latest is None:
        raise _uncommitted(checkpoint)
    return latest


def _check_committed(batch_id: int, checkpoint: str, files: FileSystem) -> None:
    if not BatchLog(files, f"{checkpoint}/commits").has(batch_id):
        raise _uncommitted(checkpoint)
    if not BatchLog(files, f"{checkpoint}/offsets").has(batch_id):
        location = file_uri(checkpoint)
        raise _stds("STDS_OFFSET_LOG_UNAVAILABLE", batchId=str(batch_id), checkpointLocation=location)


# ---------------------------------------------------------------------------------------------- values and errors


def _number(options: Options, name: str, maximum: int | None = None) -> int | None:
    text = options.get(name.lower())
    if text is None:
        return None
    return whole_number(text) if maximum is None else whole_number(text, maximum)


def _flag(options: Options, name: str, *, default: bool) -> bool:
    text = options.get(name.lower(), str(default)).lower()
    if text not in ("true", "false"):
        raise _invalid(name, "Boolean value is expected")
    return text == "true"


def _asks_for_changes(options: Options) -> bool:
    text = options.get("readchangefeed", "false")
    if text.lower() not in ("true", "false"):
        raise illegal_argument(f'For input string: "{text}"')
    return text.lower() == "true"


def _stds(condition: str, **parameters: str) -> SparkError:
    return SparkError(ErrorKind.RUNTIME, condition, parameters)


def _required(name: str) -> SparkError:
    return _stds("STDS_REQUIRED_OPTION_UNSPECIFIED", optionName=name)


def _negative(name: str) -> SparkError:
    return _stds("STDS_INVALID_OPTION_VALUE.IS_NEGATIVE", optionName=name)


def _invalid(name: str, message: str) -> SparkError:
    return _stds("STDS_INVALID_OPTION_VALUE.WITH_MESSAGE", optionName=name, message=message)


def _conflict(*names: str) -> SparkError:
    return _stds("STDS_CONFLICT_OPTIONS", options=f"[{', '.join(repr(name) for name in names)}]")


def _uncommitted(checkpoint: str) -> SparkError:
    return _stds("STDS_COMMITTED_BATCH_UNAVAILABLE", checkpointLocation=file_uri(checkpoint))

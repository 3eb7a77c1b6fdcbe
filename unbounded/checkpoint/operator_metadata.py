"""What the stateful operators of a query keep: `state/<operator>/_metadata/metadata`, Spark's format and more.

The file is written with the operator's first batch and never changed: `v1`, then one line of JSON. To Spark's entries
of a store (`storeName`, `numColsPrefixKey`, `numPartitions`) come `keySchema` and `valueSchema`, what a reader of the
state sees, as JSON of Spark's types; and `keyColumns`, how many columns come first in the stored rows as their key.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from unbounded.checkpoint.logs import VERSION, check_version, unreadable
from unbounded.errors import SparkError
from unbounded.storage.api import FileSystem
from unbounded.types.datatypes import StructType
from unbounded.types.json_form import from_json_value, to_json_value

DEFAULT_STORE = "default"
PARTITION_COUNT = 1
"""The state of an operator is not cut into parts."""


@dataclass(frozen=True, slots=True)
class StoreMetadata:
    """`key_column_count` of the stored rows; `prefix_key_count` is Spark's `numColsPrefixKey`."""

    key: StructType
    value: StructType
    key_column_count: int
    prefix_key_count: int = 0
    name: str = DEFAULT_STORE


@dataclass(frozen=True, slots=True)
class OperatorMetadata:
    operator_id: int
    operator_name: str
    stores: tuple[StoreMetadata, ...]


class OperatorLog:
    """state/: the one file per operator that says what its state is. The state itself is in files beside it."""

    def __init__(self, files: FileSystem, directory: str) -> None:
        self._files = files
        self._directory = directory

    def add(self, metadata: OperatorMetadata) -> None:
        """Durable afterwards; what is there already stays."""
        path = self._path(metadata.operator_id)
        if not self._files.exists(path):
            self._files.put_if_absent(path, f"{VERSION}\n{_to_json(metadata)}".encode())

    def read(self, operator_id: int) -> OperatorMetadata | None:
        """None if the operator has had no batch.

        Raises: SparkError for a file that is not what was written
        """
        path = self._path(operator_id)
        try:
            content = self._files.read(path)
        except FileNotFoundError:
            return None
        version, _, text = content.decode(errors="replace").partition("\n")
        check_version(version, path)
        try:
            return _from_json(json.loads(text))
        except (ValueError, KeyError, TypeError, SparkError) as error:
            raise unreadable(path) from error

    def read_all(self) -> tuple[OperatorMetadata, ...]:
        """By operator id. Raises as `read`."""
        names = (status.path.rsplit("/", 1)[-1] for status in self._files.list(self._directory))
        operators = (self.read(operator_id) for operator_id in sorted(int(name) for name in names if name.isdigit()))
        return tuple(operator for operator in operators if operator is not None)

    def _path(self, operator_id: int) -> str:
        return f"{self._directory}/{operator_id}/_metadata/metadata"


def _to_json(metadata: OperatorMetadata) -> str:
    content = {
        "operatorInfo": {"operatorId": metadata.operator_id, "operatorName": metadata.operator_name},
        "stateStoreInfo": [_store_to_json(store) for store in metadata.stores],
    }
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def _store_to_json(store: StoreMetadata) -> dict[str, Any]:
    return {
        "storeName": store.name,
        "numColsPrefixKey": store.prefix_key_count,
        "numPartitions": PARTITION_COUNT,
        "keyColumns": store.key_column_count,
        "keySchema": to_json_value(store.key),
        "valueSchema": to_json_value(store.value),
    }


def _from_json(content: Mapping[str, Any]) -> OperatorMetadata:
    information = content["operatorInfo"]
    stores = tuple(_store_from_json(store) for store in content["stateStoreInfo"])
    return OperatorMetadata(int(information["operatorId"]), str(information["operatorName"]), stores)


def _store_from_json(store: Mapping[str, Any]) -> StoreMetadata:
    key, value = from_json_value(store["keySchema"]), from_json_value(store["valueSchema"])
    if not isinstance(key, StructType) or not isinstance(value, StructType):
        raise TypeError(store["storeName"])
    return StoreMetadata(key, value, int(store["keyColumns"]), int(store["numColsPrefixKey"]), str(store["storeName"]))

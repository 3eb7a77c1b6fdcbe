"""Field metadata: JSON objects as hashable values (`StructField.metadata`) and back. Knows nothing of its keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

Metadata: TypeAlias = tuple[tuple[str, Any], ...]

CHAR_VARCHAR_KEY = "__CHAR_VARCHAR_TYPE_STRING"
COLLATIONS_KEY = "__COLLATIONS"
COMMENT_KEY = "comment"
DEFAULT_KEY = "CURRENT_DEFAULT"
METADATA_COLUMN_KEY = "__metadata_col"
"""Of a metadata column: its name while no other column has it."""
FILE_METADATA_KEY = "__file_source_metadata_col"


@dataclass(frozen=True, slots=True)
class JsonObject:
    """A nested object inside metadata (a nested array is a plain tuple)."""

    items: Metadata


def freeze_metadata(metadata: Mapping[str, Any]) -> Metadata:
    return tuple((key, _freeze(value)) for key, value in metadata.items())


def thaw_metadata(metadata: Metadata) -> dict[str, Any]:
    return {key: _thaw(value) for key, value in metadata}


def _freeze(value: Any) -> Any:
    match value:
        case dict():
            return JsonObject(freeze_metadata(value))
        case list():
            return tuple(_freeze(item) for item in value)
        case _:
            return value


def _thaw(value: Any) -> Any:
    match value:
        case JsonObject(items=items):
            return thaw_metadata(items)
        case tuple():
            return [_thaw(item) for item in value]
        case _:
            return value

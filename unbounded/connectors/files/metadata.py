"""The column `_metadata` of a read of files: of which file a row is. Read only when a query asks for it by name."""

from __future__ import annotations

from unbounded.connectors.files.paths import encoded_uri
from unbounded.connectors.formats import FileFormat
from unbounded.types.datatypes import LONG, STRING, TIMESTAMP, StructField, StructType
from unbounded.types.metadata import FILE_METADATA_KEY, METADATA_COLUMN_KEY

METADATA_NAME = "_metadata"

_OF_FILE = (
    StructField("file_path", STRING, False),
    StructField("file_name", STRING, False),
    StructField("file_size", LONG, False),
    StructField("file_block_start", LONG, False),
    StructField("file_block_length", LONG, False),
    StructField("file_modification_time", TIMESTAMP, False),
)
_ROW_INDEX = StructField("row_index", LONG, False)
_MARKS = ((FILE_METADATA_KEY, True), (METADATA_COLUMN_KEY, METADATA_NAME))


def metadata_field(file_format: FileFormat, schema: StructType) -> StructField:
    """The column beside those of `schema`. As in Spark, one of the same name there gives it another underscore."""
    taken = {name.lower() for name in schema.names}
    name = METADATA_NAME
    while name in taken:
        name = f"_{name}"
    fields = (*_OF_FILE, _ROW_INDEX) if file_format is FileFormat.PARQUET else _OF_FILE
    return StructField(name, StructType(fields), False, _MARKS)


def shown_uri(path: str) -> str:
    """An absolute path as `_metadata.file_path` has it: `file:/a/b%20c`."""
    return "file:" + encoded_uri(path).removeprefix("file://")

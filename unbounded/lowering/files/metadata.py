"""The column `_metadata` of a scan as engine SQL: what is known of each file, found by the path of a row's file."""

from __future__ import annotations

from unbounded.connectors.files.listing import DataFile
from unbounded.connectors.files.metadata import shown_uri
from unbounded.connectors.files.scan import FileScan
from unbounded.functions.engine import engine_type, text

ROW_NUMBER = "file_row_number"
"""The engine's column for the place of a row in its Parquet file."""


def metadata_value(scan: FileScan, file: str, row_number: str | None = None) -> list[str]:
    """`… AS vN` if the scan has the column. `file` is the path of a row's file, `row_number` its place in it.

    The path as a value of an enumeration of all paths is a number by one look into a hash table, so it costs the same
    for many files, and rows keep their order, which they might lose in a join.
    """
    if not scan.has_metadata:
        return []
    position = len(scan.data_schema.fields) + len(scan.partition_schema.fields)
    by_path = {file.path: file for file in scan.files}
    if not by_path:
        return [f"CAST(NULL AS {engine_type(scan.metadata_field.data_type)}) AS v{position}"]
    number = f"enum_code(CAST({file} AS ENUM ({', '.join(map(text, by_path))})))"
    value = f"[{', '.join(map(_of_file, by_path.values()))}][{number} + 1]"
    if row_number is not None:
        value = f"struct_insert({value}, row_index := {row_number})"
    return [f"{value} AS v{position}"]


def _of_file(file: DataFile) -> str:
    uri = shown_uri(file.path)
    values = {
        "file_path": text(uri),
        "file_name": text(uri.rpartition("/")[2]),
        "file_size": f"{file.size_bytes}::BIGINT",
        "file_block_start": "0::BIGINT",
        "file_block_length": f"{file.size_bytes}::BIGINT",
        "file_modification_time": f"make_timestamp({file.modified_ms} * 1000)",
    }
    return "{" + ", ".join(f"{text(name)}: {value}" for name, value in values.items()) + "}"

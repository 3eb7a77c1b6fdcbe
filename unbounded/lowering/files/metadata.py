"""The column `_metadata` of a scan as engine SQL: what is known of each file, found by the path of a row's file."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from unbounded.connectors.files.listing import DataFile
from unbounded.connectors.files.metadata import shown_uri
from unbounded.connectors.files.scan import FileScan
from unbounded.functions.engine import engine_type, text
from unbounded.lowering.lowered import Lowering, TableInput

ROW_NUMBER = "file_row_number"
"""The engine's column for the place of a row in its Parquet file."""

_OF_FILE = (
    "{'file_path': c1, 'file_name': c2, 'file_size': c3, 'file_block_start': 0::BIGINT, 'file_block_length': c3, "
    "'file_modification_time': make_timestamp(c4)}"
)


def metadata_value(scan: FileScan, file: str, lowering: Lowering, row_number: str | None = None) -> list[str]:
    """`… AS vN` if the scan has the column. `file` is the path of a row's file, `row_number` its place in it.

    The path as a value of an enumeration of all paths is a number by one look into a hash table, and the number is a
    place in a list. A join would be simpler, but rows come out of the engine's joins in another order.
    """
    if not scan.has_metadata:
        return []
    position = len(scan.data_schema.fields) + len(scan.partition_schema.fields)
    by_path = {file.path: file for file in scan.files}
    if not by_path:
        return [f"CAST(NULL AS {engine_type(scan.metadata_field.data_type)}) AS v{position}"]
    files = lowering.input_name()
    lowering.inputs.append(TableInput(files, _table(tuple(by_path.values()))))
    number = f"enum_code(CAST({file} AS ENUM ({', '.join(map(text, by_path))})))"
    value = f"(SELECT list({_OF_FILE} ORDER BY c0) FROM {files})[{number} + 1]"
    if row_number is not None:
        value = f"struct_insert({value}, row_index := {row_number})"
    return [f"{value} AS v{position}"]


def _table(files: Sequence[DataFile]) -> pa.Table:
    """One row a file: its place, URI, name, size in bytes, and time of modification in microseconds."""
    uris = [shown_uri(file.path) for file in files]
    columns = [
        pa.array(range(len(files)), pa.int64()),
        pa.array(uris, pa.string()),
        pa.array([uri.rpartition("/")[2] for uri in uris], pa.string()),
        pa.array([file.size_bytes for file in files], pa.int64()),
        pa.array([file.modified_ms * 1000 for file in files], pa.int64()),
    ]
    return pa.Table.from_arrays(columns, names=[f"c{i}" for i in range(len(columns))])

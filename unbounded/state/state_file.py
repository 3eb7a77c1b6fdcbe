"""One file of state: Arrow streams, then a footer with their lengths and a checksum. Pure: bytes in, bytes out.

The first stream are rows, the second, if there is one, keys that were removed. The footer is 32 bytes, little-endian:
number of further parts (4), length of the first stream (8), of the second (8), CRC-32 of all before it (4), `UBSTATE1`.
"""

from __future__ import annotations

import re
import struct
import zlib
from dataclasses import dataclass

import pyarrow as pa

from unbounded.errors import ErrorKind, SparkError

_FOOTER = struct.Struct("<IQQI8s")
_MAGIC = b"UBSTATE1"
_CHECKED_FOOTER_BYTES = 4 + 8 + 8
_TIME_ZONE = re.compile(r"(timestamp\[\w+), tz=[^\]]*\]")


@dataclass(frozen=True, slots=True)
class StateFile:
    """`part_count`: how many further files belong to this one (a snapshot may need several)."""

    rows: pa.Table
    removed: pa.Table | None = None
    part_count: int = 0


def encode_state_file(content: StateFile) -> bytes:
    sink = pa.BufferOutputStream()
    _write_stream(sink, content.rows)
    rows_end = sink.tell()
    if content.removed is not None:
        _write_stream(sink, content.removed)
    removed_bytes = sink.tell() - rows_end
    sink.write(struct.pack("<IQQ", content.part_count, rows_end, removed_bytes))
    checked = sink.getvalue()
    return b"".join((checked, struct.pack("<I8s", zlib.crc32(checked), _MAGIC)))


def decode_state_file(path: str, content: bytes, schema: pa.Schema, key_schema: pa.Schema) -> StateFile:
    """Raises: SparkError if the content is not what was written, or has other columns than the state"""
    part_count, rows_bytes, removed_bytes = _check(path, content)
    buffer = pa.py_buffer(content)
    rows = _as_schema(_read_stream(buffer, 0, rows_bytes), schema, "VALUE")
    if not removed_bytes:
        return StateFile(rows, None, part_count)
    removed = _read_stream(buffer, rows_bytes, removed_bytes)
    return StateFile(rows, _as_schema(removed, key_schema, "KEY"), part_count)


def stored_schema(path: str, content: bytes) -> pa.Schema:
    """The columns of the rows in a file. Raises: SparkError if the content is not what was written"""
    _check(path, content)
    return pa.ipc.open_stream(content).schema


def _write_stream(sink: pa.NativeFile, table: pa.Table) -> None:
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)


def _read_stream(buffer: pa.Buffer, start: int, length: int) -> pa.Table:
    return pa.ipc.open_stream(buffer.slice(start, length)).read_all()


def _check(path: str, content: bytes) -> tuple[int, int, int]:
    """The footer's numbers, if it is there and everything before it is as it was written."""
    if len(content) < _FOOTER.size or not content.endswith(_MAGIC):
        raise _damaged(path, content, "unknown", "unknown")
    part_count, rows_bytes, removed_bytes, checksum, _ = _FOOTER.unpack(content[-_FOOTER.size :])
    expected_size = rows_bytes + removed_bytes + _FOOTER.size
    computed = zlib.crc32(memoryview(content)[: _CHECKED_FOOTER_BYTES - _FOOTER.size])
    if expected_size != len(content) or computed != checksum:
        raise _damaged(path, content, str(expected_size), str(checksum))
    return part_count, rows_bytes, removed_bytes


def _damaged(path: str, content: bytes, size: str, checksum: str) -> SparkError:
    computed = zlib.crc32(memoryview(content)[: max(0, len(content) + _CHECKED_FOOTER_BYTES - _FOOTER.size)])
    parameters = {
        "fileName": path,
        "expectedSize": size,
        "expectedChecksum": checksum,
        "computedSize": str(len(content)),
        "computedChecksum": str(computed),
    }
    return SparkError(ErrorKind.SPARK, "CHECKPOINT_FILE_CHECKSUM_VERIFICATION_FAILED", parameters)


def _as_schema(table: pa.Table, schema: pa.Schema, kind: str) -> pa.Table:
    """`table` with the types of `schema`: only labels of time zones may differ, as the session's may have changed."""
    if table.schema.equals(schema):
        return table
    if _without_zones(table.schema) != _without_zones(schema):
        name = kind.capitalize()
        parameters = {f"stored{name}Schema": _one_line(table.schema), f"new{name}Schema": _one_line(schema)}
        raise SparkError(ErrorKind.UNSUPPORTED, f"STATE_STORE_{kind}_SCHEMA_NOT_COMPATIBLE", parameters)
    return table.cast(schema)


def _without_zones(schema: pa.Schema) -> list[tuple[str, str]]:
    return [(field.name, _TIME_ZONE.sub(r"\1, tz]", str(field.type))) for field in schema]


def _one_line(schema: pa.Schema) -> str:
    return ", ".join(f"{field.name}: {field.type}" for field in schema)

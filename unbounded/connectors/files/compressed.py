"""Text files with a compression the engine cannot read, as Arrow lines; and the first bytes of any text file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from unbounded.connectors.files.listing import DataFile
from unbounded.connectors.files.paths import file_uri
from unbounded.errors import ErrorKind, SparkError, not_supported
from unbounded.types.datatypes import STRING, StructField, StructType

ENGINE_READS = (".gz", ".zst", ".zstd")
_ARROW_READS = {".bz2": "bz2", ".lz4": "lz4"}
_REFUSED = (".snappy", ".deflate", ".lzo", ".xz", ".zip")
_CODECS = {".gz": "gzip", ".zst": "zstd", ".zstd": "zstd", **_ARROW_READS}
_BLOCK_BYTES = 8 << 20


def suffix_of(path: str) -> str:
    """The compression suffix of `path`; empty for a plain file. Raises UNBOUNDED_NOT_SUPPORTED for one nobody reads."""
    for suffix in (*_CODECS, *_REFUSED):
        if path.endswith(suffix):
            if suffix in _REFUSED:
                raise not_supported(f"The compression of {path}", "Use gzip, bzip2 or zstd.")
            return suffix
    return ""


def needs_arrow(path: str) -> bool:
    return suffix_of(path) in _ARROW_READS


def read_head(path: str, size_bytes: int) -> bytes:
    """The first bytes of the decompressed file."""
    with _open(path) as stream:
        return bytes(stream.read(size_bytes))


def _open(path: str) -> pa.NativeFile:
    return pa.input_stream(path, compression=_CODECS.get(suffix_of(path)))


@dataclass(frozen=True, slots=True)
class CompressedLines:
    """An `ArrowSource`: `line`, `filename`, then the partition values (as text) of each file, under their names."""

    files: tuple[DataFile, ...]
    partition_names: tuple[str, ...]
    skipped_lines: int = 0

    @property
    def schema(self) -> StructType:
        names = ("line", "filename", *self.partition_names)
        return StructType(tuple(StructField(name, STRING) for name in names))

    def input_files(self) -> Sequence[str]:
        return [file.path for file in self.files]

    def read(self) -> pa.RecordBatchReader:
        fields = [pa.field(f"c{i}", pa.string()) for i in range(2 + len(self.partition_names))]
        schema = pa.schema(fields)
        return pa.RecordBatchReader.from_batches(schema, self._batches(schema))

    def _batches(self, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        for file in self.files:
            constants = (file.path, *file.values)
            for lines in _lines(file.path, self.skipped_lines):
                columns = [pa.repeat(pa.scalar(value, pa.string()), len(lines)) for value in constants]
                yield pa.RecordBatch.from_arrays([lines, *columns], schema=schema)


def _lines(path: str, skipped: int) -> Iterator[pa.Array]:
    """Blocks of whole lines. Raises: SparkError UNBOUNDED_NOT_UTF8"""
    rest = b""
    with _open(path) as stream:
        while block := stream.read(_BLOCK_BYTES):
            whole, newline, rest = (rest + block).rpartition(b"\n")
            if newline:
                lines = _split(whole, path)
                yield lines[skipped:]
                skipped = max(0, skipped - len(lines))
    if rest:
        yield _split(rest, path)[skipped:]


def _split(content: bytes, path: str) -> pa.Array:
    try:
        text = pa.array([content], pa.large_binary()).cast(pa.large_string())
    except pa.ArrowInvalid as error:
        raise SparkError(ErrorKind.SPARK, "UNBOUNDED_NOT_UTF8", {"path": file_uri(path)}) from error
    lines = pc.split_pattern(text, "\n").flatten().cast(pa.string())
    return pc.utf8_rtrim(lines, "\r")

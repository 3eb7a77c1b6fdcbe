"""Text files with a compression the engine cannot read, as Arrow lines; and the first bytes of any text file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.csv

from unbounded.connectors.files.listing import DataFile
from unbounded.errors import not_supported
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
    read = pa.csv.ReadOptions(
        column_names=["line"], block_size=_BLOCK_BYTES, use_threads=False, skip_rows=skipped
    )
    parse = pa.csv.ParseOptions(delimiter="\x00", quote_char=False, ignore_empty_lines=False)
    convert = pa.csv.ConvertOptions(column_types={"line": pa.string()}, strings_can_be_null=False)
    with _open(path) as stream:
        try:
            reader = pa.csv.open_csv(stream, read_options=read, parse_options=parse, convert_options=convert)
        except pa.ArrowInvalid as error:
            if "Empty CSV file" in str(error):
                return
            raise
        for batch in reader:
            yield batch.column(0)

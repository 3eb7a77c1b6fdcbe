"""Typed options of writers, with Spark's defaults, and compressions by format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from unbounded.connectors.files.format_options import date_formats
from unbounded.connectors.files.options import FileOptions
from unbounded.connectors.formats import FileFormat
from unbounded.errors import ErrorKind, SparkError, not_supported

_QUOTED_EMPTY = '""'


@dataclass(frozen=True, slots=True)
class Compression:
    """`codec`: Arrow's name, None for plain bytes. `suffix` stands in the file's name."""

    codec: str | None
    suffix: str


@dataclass(frozen=True, slots=True)
class WriteFormat:
    """How rows become text; Parquet uses the compression only."""

    compression: Compression
    separator: str = ","
    quote: str = '"'
    escape: str = "\\"
    has_header: bool = False
    quotes_all: bool = False
    escapes_quotes: bool = True
    null_value: str = ""
    empty_value: str = _QUOTED_EMPTY
    trims_start: bool = True
    trims_end: bool = True
    date_format: str | None = None
    timestamp_format: str | None = None
    timestamp_ntz_format: str | None = None
    drops_null_fields: bool = True
    sorts_keys: bool = False
    line_separator: str = "\n"


_PLAIN = Compression(None, "")
_TEXT_CODECS: Mapping[str, Compression | None] = {
    "none": _PLAIN,
    "uncompressed": _PLAIN,
    "gzip": Compression("gzip", ".gz"),
    "bzip2": Compression("bz2", ".bz2"),
    "deflate": None,
    "snappy": None,
    "lz4": None,
}
_TEXT_CODECS_SHOWN = "bzip2, deflate, uncompressed, snappy, none, lz4, gzip"
_PARQUET_CODECS: Mapping[str, Compression | None] = {
    "none": _PLAIN,
    "uncompressed": _PLAIN,
    "snappy": Compression("snappy", ".snappy"),
    "gzip": Compression("gzip", ".gz"),
    "zstd": Compression("zstd", ".zstd"),
    "lz4_raw": Compression("lz4", ".lz4raw"),
    "brotli": Compression("brotli", ".br"),
    "lzo": None,
    "lz4": None,
}
_PARQUET_CODECS_SHOWN = "brotli, uncompressed, lzo, snappy, lz4_raw, none, zstd, lz4, gzip"


def write_format(options: FileOptions, file_format: FileFormat, parquet_codec: str) -> WriteFormat:
    """`parquet_codec` is the session's `spark.sql.parquet.compression.codec`.

    Raises: SparkError CODEC_NOT_AVAILABLE.WITH_AVAILABLE_CODECS_SUGGESTION, UNBOUNDED_NOT_SUPPORTED
    """
    compression = _compression(options, file_format, parquet_codec)
    line_separator = options.text("lineSep", "\n")
    formats = date_formats(options)
    if file_format is not FileFormat.CSV:
        return WriteFormat(
            compression,
            date_format=formats.date,
            timestamp_format=formats.timestamp,
            timestamp_ntz_format=formats.timestamp_ntz,
            drops_null_fields=options.boolean("ignoreNullFields", True),
            sorts_keys=options.boolean("sortKeys", False),
            line_separator=line_separator,
        )
    return WriteFormat(
        compression,
        options.find("sep", "delimiter") or ",",
        options.character("quote", '"'),
        options.character("escape", "\\"),
        options.boolean("header", False),
        options.boolean("quoteAll", False),
        options.boolean("escapeQuotes", True),
        options.text("nullValue", ""),
        options.text("emptyValue", _QUOTED_EMPTY),
        options.boolean("ignoreLeadingWhiteSpace", True),
        options.boolean("ignoreTrailingWhiteSpace", True),
        formats.date,
        formats.timestamp,
        formats.timestamp_ntz,
        line_separator=line_separator,
    )


def _compression(options: FileOptions, file_format: FileFormat, parquet_codec: str) -> Compression:
    is_parquet = file_format is FileFormat.PARQUET
    default = parquet_codec if is_parquet else "none"
    name = options.find("compression", "codec", "parquet.compression") or default
    codecs = _PARQUET_CODECS if is_parquet else _TEXT_CODECS
    if name.lower() not in codecs:
        shown = _PARQUET_CODECS_SHOWN if is_parquet else _TEXT_CODECS_SHOWN
        parameters = {"codecName": name, "availableCodecs": shown}
        raise SparkError(ErrorKind.ILLEGAL_ARGUMENT, "CODEC_NOT_AVAILABLE.WITH_AVAILABLE_CODECS_SUGGESTION", parameters)
    compression = codecs[name.lower()]
    if compression is None:
        raise not_supported(f"The compression {name} of {file_format.value}", "Use gzip, bzip2 or zstd.")
    return compression


def header_line(names: tuple[str, ...], options: WriteFormat) -> str:
    """The first line of a CSV file."""
    return options.separator.join(_header_cell(name, options) for name in names) + options.line_separator


def _header_cell(name: str, options: WriteFormat) -> str:
    special = (options.separator, options.quote, "\n", "\r")
    if not options.quotes_all and not any(c and c in name for c in special):
        return name
    escaped = name.replace(options.quote, options.escape + options.quote) if options.quote else name
    return f"{options.quote}{escaped}{options.quote}"

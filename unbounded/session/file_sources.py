"""Reads of files: options, listing and types come together as a `FileScan`. Looks into files only to infer types."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import replace

import pyarrow as pa

from unbounded.clock import SystemClock
from unbounded.connectors.file_streams.manifest import Manifest, has_manifest
from unbounded.connectors.files import json_inference, parquet
from unbounded.connectors.files.csv_inference import column_type, kinds_of
from unbounded.connectors.files.format_options import (
    BinaryOptions,
    CsvOptions,
    FormatOptions,
    JsonOptions,
    Mode,
    ParquetOptions,
    csv_options,
    json_options,
    text_options,
)
from unbounded.connectors.files.headers import column_names, first_record
from unbounded.connectors.files.listing import DataFile, Listing, list_files, list_known
from unbounded.connectors.files.options import FileOptions, listing_options
from unbounded.connectors.files.paths import is_glob, local_path, match_glob
from unbounded.connectors.files.scan import FileScan
from unbounded.connectors.formats import FileFormat
from unbounded.errors import ErrorKind, SparkError, analysis_error
from unbounded.execution.queries import next_prefix
from unbounded.functions.environment import Environment
from unbounded.lowering.files import inference
from unbounded.lowering.lowered import LoweredQuery
from unbounded.plan.unresolved import Options
from unbounded.session.config import SessionConfig
from unbounded.session.stream_logs import sink_log_settings
from unbounded.storage.local import LocalFileSystem
from unbounded.types.datatypes import (
    BINARY,
    DOUBLE,
    LONG,
    STRING,
    TIMESTAMP,
    ArrayType,
    CalendarIntervalType,
    DataType,
    MapType,
    NullType,
    StructField,
    StructType,
    VariantType,
)

_BINARY_SCHEMA = StructType(
    (
        StructField("path", STRING),
        StructField("modificationTime", TIMESTAMP),
        StructField("length", LONG),
        StructField("content", BINARY),
    )
)
_TEXT_SCHEMA = StructType((StructField("value", STRING),))


class FileSources:
    """Makes scans for one query. `run` computes the rows of a query that looks into files."""

    def __init__(
        self, config: SessionConfig, environment: Environment, run: Callable[[LoweredQuery], pa.Table]
    ) -> None:
        self._config = config
        self._environment = environment
        self._run = run

    def read(
        self, file_format: FileFormat, paths: Sequence[str], schema: StructType | None, pairs: Options
    ) -> FileScan:
        """`spark.read`: lists `paths`, and infers the schema if none is given.

        Raises: SparkError PATH_NOT_FOUND, UNABLE_TO_INFER_SCHEMA, UNSUPPORTED_DATA_TYPE_FOR_DATASOURCE, …
        """
        options = FileOptions(pairs, file_format)
        listing = self.list_files(paths, options)
        scan = self.of_listing(file_format, listing, schema, options)
        check_types(scan.data_schema, file_format)
        return scan

    def read_stream(self, file_format: FileFormat, path: str, schema: StructType | None, pairs: Options) -> FileScan:
        """A scan without files, for a streaming source to fill; the files there are now tell what is not given.

        Raises: SparkError UNABLE_TO_INFER_SCHEMA, UNSUPPORTED_DATA_TYPE_FOR_DATASOURCE, …
        """
        options = FileOptions(pairs, file_format)
        scan = self.of_listing(file_format, self.list_present(path, options), schema, options)
        check_types(scan.data_schema, file_format)
        return scan.with_files([])

    def list_present(self, path: str, options: FileOptions) -> Listing:
        """The files of `path`; none if it is not there, or a glob that matches nothing."""
        absolute = local_path(path)
        is_there = os.path.exists(absolute) or (is_glob(absolute) and match_glob(absolute))
        return self.list_files([path], options) if is_there else Listing(())

    def list_files(self, paths: Sequence[str], options: FileOptions) -> Listing:
        """The files of `paths`; of the folder of a streaming sink only those its log names."""
        infers = self._config.boolean("spark.sql.sources.partitionColumnTypeInference.enabled")
        listing = listing_options(options, self._config.zone, infers_partition_types=infers)
        if self.is_sink_folder(paths):
            folder = local_path(paths[0])
            manifest = Manifest(LocalFileSystem(), folder, SystemClock(), sink_log_settings(self._config))
            return list_known(folder, manifest.files(), listing)
        return list_files(paths, listing)

    def is_sink_folder(self, paths: Sequence[str]) -> bool:
        """Whether the log of a streaming sink says which files count."""
        ignores = self._config.boolean("spark.sql.streaming.fileStreamSink.ignoreMetadata")
        return len(paths) == 1 and not ignores and has_manifest(paths[0])

    def of_listing(
        self, file_format: FileFormat, listing: Listing, schema: StructType | None, options: FileOptions
    ) -> FileScan:
        """The scan of listed files; a partition column that `schema` names has the type given there."""
        given = {f.name.lower(): f for f in schema.fields} if schema is not None else {}
        partitions = tuple(
            replace(f, data_type=given[f.name.lower()].data_type) if f.name.lower() in given else f
            for f in listing.partition_schema.fields
        )
        names = {f.name.lower() for f in partitions}
        scan = FileScan(
            file_format, listing.files, StructType(), self.format_options(file_format, options), StructType(partitions)
        )
        data_schema = self._infer(scan) if schema is None else schema
        kept = tuple(replace(f, nullable=True) for f in data_schema.fields if f.name.lower() not in names)
        return replace(scan.in_reading_order(), data_schema=StructType(kept))

    def format_options(self, file_format: FileFormat, options: FileOptions) -> FormatOptions:
        corrupt_column = self._config.get("spark.sql.columnNameOfCorruptRecord")
        match file_format:
            case FileFormat.CSV:
                return csv_options(options, corrupt_column)
            case FileFormat.JSON:
                return json_options(options, corrupt_column)
            case FileFormat.TEXT:
                return text_options(options)
            case FileFormat.PARQUET:
                merges = self._config.boolean("spark.sql.parquet.mergeSchema")
                return ParquetOptions(options.boolean("mergeSchema", merges))
            case FileFormat.BINARY:
                return BinaryOptions()

    # ------------------------------------------------------------------------------------------ inference

    def _infer(self, scan: FileScan) -> StructType:
        match scan.options:
            case CsvOptions() as options:
                return self._infer_csv(scan, options)
            case JsonOptions() as options:
                return self._infer_json(scan, options)
            case ParquetOptions(merges_schema=merges):
                self._require_files(scan)
                return parquet.read_schema(scan.paths, merges=merges)
            case BinaryOptions():
                return _BINARY_SCHEMA
            case _:
                return _TEXT_SCHEMA

    def _require_files(self, scan: FileScan) -> None:
        if not scan.files:
            raise analysis_error("UNABLE_TO_INFER_SCHEMA", format=scan.format.shown)

    def _infer_csv(self, scan: FileScan, options: CsvOptions) -> StructType:
        """Names from the first record of the first file that has one; types from all cells, if asked for."""
        self._require_files(scan)
        found = (self._first_tokens(scan, file, options) for file in scan.files)
        tokens: list[str | None] = next((tokens for tokens in found if tokens), [])
        names = column_names(tokens, options, is_case_sensitive=self._environment.is_case_sensitive)
        types: list[DataType] = [STRING] * len(names)
        if options.infers_schema and names:
            query = inference.csv_kinds_query(scan, options, len(names), self._environment, next_prefix())
            row = self._run(query).to_pylist()[0]
            types = [column_type(kinds_of(row[f"kinds{i}"] or 0), row[f"digits{i}"] or 0) for i in range(len(names))]
        return StructType(tuple(StructField(n, t) for n, t in zip(names, types, strict=True)))

    def _first_tokens(self, scan: FileScan, file: DataFile, options: CsvOptions) -> list[str | None]:
        if not options.is_multi_line and first_record(file.path, options) is None:
            return []
        plain = replace(options, has_header=False)
        query = inference.csv_first_record_query(scan.with_files([file]), plain, self._environment, next_prefix())
        rows = self._run(query).column(0).to_pylist()
        return list(json.loads(rows[0])) if rows else []

    def _infer_json(self, scan: FileScan, options: JsonOptions) -> StructType:
        self._require_files(scan)
        query = inference.json_structures_query(scan, options, self._environment, next_prefix())
        rows = self._run(query).to_pylist()
        structures = [row["structure"] for row in rows if row["structure"] is not None]
        has_malformed = any(s is None or s[:1] != "{" for s in (row["structure"] for row in rows))
        schema = json_inference.merge_structures(structures, options)
        if options.prefers_decimal or any(row["has_large"] for row in rows):
            schema = self._with_numbers(scan, options, schema)
        if options.infers_timestamp:
            schema = self._with_timestamps(scan, options, schema)
        schema = json_inference.finished(schema, options)
        return self._with_corrupt_column(schema, options) if has_malformed else schema

    def _with_numbers(self, scan: FileScan, options: JsonOptions, schema: StructType) -> StructType:
        paths = [path for path, t in json_inference.leaves(schema) if t in (LONG, DOUBLE)]
        if not paths:
            return schema
        query = inference.json_numbers_query(scan, options, paths, self._environment, next_prefix())
        row = self._run(query).to_pylist()[0]
        changes = {
            path: json_inference.number_type(
                row[f"digits{i}"] or 1,
                row[f"scale{i}"] or 0,
                has_integers=bool(row[f"ints{i}"]),
                has_fractions=bool(row[f"fracs{i}"]),
                prefers_decimal=options.prefers_decimal,
            )
            for i, path in enumerate(paths)
        }
        return _as_struct(json_inference.replace_leaves(schema, changes))

    def _with_timestamps(self, scan: FileScan, options: JsonOptions, schema: StructType) -> StructType:
        paths = [path for path, t in json_inference.leaves(schema) if t == STRING]
        if not paths:
            return schema
        query = inference.json_timestamps_query(scan, options, paths, self._environment, next_prefix())
        row = self._run(query).to_pylist()[0]
        changes: dict[json_inference.Path, DataType] = {p: TIMESTAMP for i, p in enumerate(paths) if row[f"all{i}"]}
        return _as_struct(json_inference.replace_leaves(schema, changes))

    def _with_corrupt_column(self, schema: StructType, options: JsonOptions) -> StructType:
        if options.mode is Mode.DROP_MALFORMED:
            return schema
        if options.mode is Mode.FAIL_FAST:
            parameters = {"badRecord": options.corrupt_column, "failFastMode": Mode.FAIL_FAST.value}
            raise SparkError(ErrorKind.SPARK, "MALFORMED_RECORD_IN_PARSING.WITHOUT_SUGGESTION", parameters)
        fields = (*schema.fields, StructField(options.corrupt_column, STRING))
        return StructType(tuple(sorted(fields, key=lambda f: f.name)))


def _as_struct(data_type: DataType) -> StructType:
    assert isinstance(data_type, StructType)
    return data_type


def check_types(schema: StructType, file_format: FileFormat) -> None:
    """Raises: SparkError UNSUPPORTED_DATA_TYPE_FOR_DATASOURCE"""
    for field in schema.fields:
        if not _is_supported(field.data_type, file_format):
            raise analysis_error(
                "UNSUPPORTED_DATA_TYPE_FOR_DATASOURCE",
                columnName=f"`{field.name}`",
                columnType=f'"{field.data_type.sql_name}"',
                format=file_format.shown,
            )


def _is_supported(data_type: DataType, file_format: FileFormat) -> bool:
    if file_format is FileFormat.TEXT:
        return data_type == STRING
    match data_type:
        case ArrayType() | MapType() | StructType() if file_format is FileFormat.CSV:
            return False
        case ArrayType(element_type=element):
            return _is_supported(element, file_format)
        case MapType(key_type=key, value_type=value):
            return _is_supported(key, file_format) and _is_supported(value, file_format)
        case StructType(fields=fields):
            return all(_is_supported(f.data_type, file_format) for f in fields)
        case NullType():
            return file_format is FileFormat.JSON
        case CalendarIntervalType() | VariantType():
            return False
        case _:
            return True

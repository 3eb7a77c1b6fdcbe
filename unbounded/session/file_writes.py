"""Rows into files: what is checked before anything is touched, and the query and the file sink of one write.

Batch writes (`commands.writes`) and the streaming file sink (`stream_sinks`) both write through this.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from unbounded.connectors.files.options import FileOptions
from unbounded.connectors.files.parquet import with_schema
from unbounded.connectors.files.sink import FileSink, SinkLayout
from unbounded.connectors.files.write_options import WriteFormat, write_format
from unbounded.connectors.formats import FileFormat
from unbounded.errors import analysis_error, unsupported_error
from unbounded.execution.queries import next_prefix
from unbounded.functions.environment import Environment
from unbounded.lowering.files.output import lower_output
from unbounded.lowering.lowered import LoweredQuery
from unbounded.optimizer.rules import optimize
from unbounded.plan import unresolved as u
from unbounded.plan.expressions import Attribute
from unbounded.plan.logical import LogicalPlan
from unbounded.session.config import SessionConfig
from unbounded.session.file_sources import check_types
from unbounded.storage.disk import Disk
from unbounded.types.arrow import to_arrow_schema
from unbounded.types.datatypes import StructType
from unbounded.types.storing import without_query_marks


@dataclass(frozen=True, slots=True)
class Destination:
    """Where rows go. `path` is absolute; `overwrites` replaces what is there, `is_dynamic` only written partitions."""

    path: str
    format: FileFormat
    options: u.Options = ()
    partition_columns: tuple[str, ...] = ()
    overwrites: bool = False
    is_dynamic: bool = False
    file_count: int = 1


@dataclass(frozen=True, slots=True)
class FileWrite:
    """A checked write of rows with the columns of one plan; `partitions` are columns that go into folder names."""

    destination: Destination
    partitions: tuple[Attribute, ...]
    format: WriteFormat
    environment: Environment

    def begin(self, plan: LogicalPlan, disk: Disk | None = None) -> tuple[LoweredQuery, FileSink]:
        """The query whose rows the sink takes, which writes to `disk` (None: the system's)."""
        destination = self.destination
        query = lower_output(
            optimize(plan), self.partitions, destination.format, self.format, self.environment, next_prefix()
        )
        ids = {a.id for a in self.partitions}
        schema = StructType(tuple(a.to_field() for a in plan.output if a.id not in ids))
        stored = to_arrow_schema(StructType(query.schema.fields[:-1]), self.environment.time_zone)
        layout = SinkLayout(
            destination.path,
            destination.format,
            self.format,
            with_schema(stored, without_query_marks(schema)) if destination.format is FileFormat.PARQUET else stored,
            schema.names,
            bool(self.partitions),
            destination.overwrites,
            destination.is_dynamic and destination.overwrites,
            destination.file_count,
        )
        return query, FileSink(layout, disk)


def check_write(
    plan: LogicalPlan,
    destination: Destination,
    partitions: tuple[Attribute, ...],
    environment: Environment,
    config: SessionConfig,
) -> FileWrite:
    """Checks columns, types and the compression.

    Raises: SparkError COLUMN_ALREADY_EXISTS, UNSUPPORTED_DATA_TYPE_FOR_DATASOURCE, ALL_PARTITION_COLUMNS_NOT_ALLOWED, …
    """
    if destination.format is FileFormat.BINARY:
        raise unsupported_error("UNSUPPORTED_FEATURE.WRITE_FOR_BINARY_SOURCE")
    _refuse_repeated(plan.output, environment)
    if partitions and len(partitions) == len(plan.output):
        raise analysis_error("ALL_PARTITION_COLUMNS_NOT_ALLOWED")
    ids = {a.id for a in partitions}
    data = StructType(tuple(a.to_field() for a in plan.output if a.id not in ids))
    check_types(data, destination.format)
    _check_text_columns(data, destination.format)
    options = FileOptions(destination.options, destination.format)
    codec = config.get("spark.sql.parquet.compression.codec")
    return FileWrite(destination, partitions, write_format(options, destination.format, codec), environment)


def find_column(plan: LogicalPlan, name: str, environment: Environment) -> Attribute | None:
    """The column called `name`, under that name."""
    is_same = str.__eq__ if environment.is_case_sensitive else _is_same_in_any_case
    return next((replace(a, name=name) for a in plan.output if is_same(a.name, name)), None)


def _is_same_in_any_case(a: str, b: str) -> bool:
    return a.lower() == b.lower()


def _check_text_columns(data: StructType, file_format: FileFormat) -> None:
    if file_format is FileFormat.TEXT and len(data.fields) != 1:
        raise analysis_error("_LEGACY_ERROR_TEMP_1290", schemaSize=str(len(data.fields)))
    if not data.fields and file_format is not FileFormat.TEXT:
        raise analysis_error("EMPTY_SCHEMA_NOT_SUPPORTED_FOR_DATASOURCE", format=file_format.shown)


def _refuse_repeated(columns: Sequence[Attribute], environment: Environment) -> None:
    seen: set[str] = set()
    for column in columns:
        name = column.name if environment.is_case_sensitive else column.name.lower()
        if name in seen:
            raise analysis_error("COLUMN_ALREADY_EXISTS", columnName=f"`{name}`")
        seen.add(name)

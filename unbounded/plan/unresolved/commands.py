"""Unresolved commands."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from unbounded.errors import Origin
from unbounded.plan.unresolved.expressions import PythonFunction
from unbounded.plan.unresolved.parents import Command, Expression, Options, Relation
from unbounded.types.datatypes import StructType


class SaveMode(Enum):
    ERROR = "error"
    APPEND = "append"
    OVERWRITE = "overwrite"
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True)
class CreateView(Command):
    """`refuses_duplicates`: SQL lets no two columns have one name."""

    query: Relation
    name: str
    is_global: bool
    replaces: bool
    columns: tuple[str, ...] = ()
    refuses_duplicates: bool = False


@dataclass(frozen=True, slots=True)
class Write(Command):
    """df.write: to `path` or to `table`. `inserts`: insertInto (by position) instead of saveAsTable."""

    query: Relation
    format: str | None
    mode: SaveMode
    options: Options = ()
    path: str | None = None
    table: tuple[str, ...] = ()
    inserts: bool = False
    partition_columns: tuple[str, ...] = ()
    sort_columns: tuple[str, ...] = ()
    bucket_columns: tuple[str, ...] = ()
    bucket_count: int | None = None


class WriteToMode(Enum):
    CREATE = "create"
    REPLACE = "replace"
    CREATE_OR_REPLACE = "create or replace"
    APPEND = "append"
    OVERWRITE = "overwrite"
    OVERWRITE_PARTITIONS = "overwrite partitions"


@dataclass(frozen=True, slots=True)
class WriteTo(Command):
    """df.writeTo(table)…"""

    query: Relation
    table: tuple[str, ...]
    mode: WriteToMode
    format: str | None = None
    options: Options = ()
    partitioning: tuple[Expression, ...] = ()
    overwrite_condition: Expression | None = None


@dataclass(frozen=True, slots=True)
class RegisterFunction(Command):
    """spark.udf.register; `function.arguments` is empty."""

    name: str
    function: PythonFunction


@dataclass(frozen=True, slots=True)
class SqlCommand(Command):
    """spark.sql(...): run at once when it is DDL or DML, handed back as a relation when it is a query."""

    query: Relation


@dataclass(frozen=True, slots=True)
class CreateTable(Command):
    """CREATE TABLE (query None: empty) or CTAS."""

    table: tuple[str, ...]
    schema: StructType | None
    query: Relation | None
    format: str | None
    options: Options = ()
    location: str | None = None
    partition_columns: tuple[str, ...] = ()
    if_not_exists: bool = False
    replaces: bool = False
    comment: str | None = None
    properties: Options = ()


@dataclass(frozen=True, slots=True)
class InsertInto(Command):
    """INSERT INTO/OVERWRITE table (columns) query; `static_partition` holds PARTITION (a = 1)."""

    table: tuple[str, ...]
    query: Relation
    columns: tuple[str, ...] = ()
    overwrites: bool = False
    is_by_name: bool = False
    static_partition: tuple[tuple[str, Expression], ...] = ()
    origin: Origin | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class DropTable(Command):
    table: tuple[str, ...]
    if_exists: bool = False
    is_view: bool = False


@dataclass(frozen=True, slots=True)
class CreatePermanentView(Command):
    """CREATE VIEW without TEMPORARY: the text of its query is kept and read again at every use."""

    view: tuple[str, ...]
    text: str
    columns: tuple[str, ...] = ()
    if_not_exists: bool = False
    replaces: bool = False
    comment: str | None = None
    properties: Options = ()


@dataclass(frozen=True, slots=True)
class TruncateTable(Command):
    table: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RenameTable(Command):
    """ALTER TABLE | VIEW … RENAME TO …"""

    table: tuple[str, ...]
    new_name: tuple[str, ...]
    is_view: bool = False


@dataclass(frozen=True, slots=True)
class CreateDatabase(Command):
    name: str
    if_not_exists: bool = False


@dataclass(frozen=True, slots=True)
class DropDatabase(Command):
    name: str
    if_exists: bool = False
    cascades: bool = False


@dataclass(frozen=True, slots=True)
class UseDatabase(Command):
    name: str


@dataclass(frozen=True, slots=True)
class ShowTables(Command):
    database: str | None = None
    pattern: str | None = None


@dataclass(frozen=True, slots=True)
class ShowViews(Command):
    database: str | None = None
    pattern: str | None = None


@dataclass(frozen=True, slots=True)
class ShowPartitions(Command):
    table: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShowDatabases(Command):
    pattern: str | None = None


@dataclass(frozen=True, slots=True)
class ShowColumns(Command):
    table: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShowCreateTable(Command):
    table: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShowFunctions(Command):
    pattern: str | None = None


@dataclass(frozen=True, slots=True)
class DescribeTable(Command):
    table: tuple[str, ...]
    is_extended: bool = False


@dataclass(frozen=True, slots=True)
class DescribeQuery(Command):
    query: Relation


@dataclass(frozen=True, slots=True)
class ExplainQuery(Command):
    query: Relation
    mode: str = "simple"


@dataclass(frozen=True, slots=True)
class SetConfig(Command):
    """SET key=value, SET key, SET (both None), RESET key."""

    key: str | None = None
    value: str | None = None
    is_reset: bool = False


@dataclass(frozen=True, slots=True)
class CacheTable(Command):
    table: tuple[str, ...]
    query: Relation | None = None
    is_uncache: bool = False
    if_exists: bool = False


@dataclass(frozen=True, slots=True)
class UnsupportedCommand(Command):
    """Decoded and known, but not implemented yet: refused by name when it is run."""

    name: str


class TriggerKind(Enum):
    PROCESSING_TIME = "processing time"
    ONCE = "once"
    AVAILABLE_NOW = "available now"
    CONTINUOUS = "continuous"
    REAL_TIME = "real time"


@dataclass(frozen=True, slots=True)
class Trigger:
    """`interval` is the user's text (`5 seconds`); None with PROCESSING_TIME is the default trigger."""

    kind: TriggerKind = TriggerKind.PROCESSING_TIME
    interval: str | None = None


@dataclass(frozen=True, slots=True)
class WriteStream(Command):
    """df.writeStream…start(). `foreach` and `foreach_batch` are cloudpickled functions."""

    query: Relation
    format: str | None
    options: Options
    output_mode: str
    trigger: Trigger
    query_name: str | None = None
    path: str | None = None
    table: tuple[str, ...] = ()
    partition_columns: tuple[str, ...] = ()
    foreach: bytes | None = None
    foreach_batch: bytes | None = None

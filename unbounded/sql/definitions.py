"""CREATE and DROP: tables, temporary views, databases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from unbounded.errors import analysis_error, not_supported, parse_error
from unbounded.plan.identifiers import quote_parts
from unbounded.plan.unresolved import (
    Command,
    CreateDatabase,
    CreatePermanentView,
    CreateTable,
    CreateView,
    DataSource,
    DropDatabase,
    DropTable,
    Options,
    Relation,
    UnsupportedCommand,
)
from unbounded.sql.expressions.types import translate_type
from unbounded.sql.grammar.statements import ColumnDefinition, StatementGrammar
from unbounded.sql.queries import translate_query
from unbounded.sql.scope import Scope
from unbounded.types.datatypes import StructField, StructType
from unbounded.types.metadata import COMMENT_KEY

_DATABASE_WORDS = ("DATABASE", "SCHEMA", "NAMESPACE")
_SESSION_CATALOG = "spark_catalog"


def database_name(parts: tuple[str, ...]) -> str:
    """The database `parts` name; there is one catalog only."""
    if len(parts) == 2 and parts[0].lower() == _SESSION_CATALOG:
        return parts[1]
    if len(parts) > 1:
        raise not_supported(f"The catalog of {quote_parts(parts)}", f"There is only {_SESSION_CATALOG}.")
    return parts[0]


# ---------------------------------------------------------------------------------------------- CREATE


def read_create(parser: StatementGrammar, scope: Scope) -> Command:
    replaces = parser.take_words("OR", "REPLACE")
    if not replaces and parser.take_one_of(_DATABASE_WORDS):
        return _create_database(parser)
    is_global = parser.take_words("GLOBAL")
    is_temporary = parser.take_one_of(("TEMPORARY", "TEMP")) is not None
    if parser.take_words("VIEW"):
        return _create_view(parser, scope, replaces=replaces, is_global=is_global, is_temporary=is_temporary)
    if parser.word == "FUNCTION":
        return UnsupportedCommand("CREATE FUNCTION")
    if is_temporary and parser.word == "TABLE":
        message = "CREATE TEMPORARY TABLE ... AS ..., use CREATE TEMPORARY VIEW instead"
        raise scope.source.error_at("_LEGACY_ERROR_TEMP_0035", 0, len(scope.source.text) - 1, message=message)
    parser.take_words("EXTERNAL")
    parser.expect_words("TABLE")
    return _create_table(parser, scope, replaces=replaces)


def _create_database(parser: StatementGrammar) -> Command:
    if_not_exists = parser.take_words("IF", "NOT", "EXISTS")
    name = database_name(parser.expect_parts())
    if parser.word in ("COMMENT", "LOCATION", "WITH"):
        raise not_supported(f"CREATE DATABASE … {parser.word}", "Leave it out.")
    return CreateDatabase(name, if_not_exists)


def _create_view(
    parser: StatementGrammar, scope: Scope, *, replaces: bool, is_global: bool, is_temporary: bool
) -> Command:
    if not is_temporary:
        return _permanent_view(parser, scope, replaces=replaces)
    parts = parser.expect_parts()
    if len(parts) > 1:
        raise analysis_error("TEMP_VIEW_NAME_TOO_MANY_NAME_PARTS", actualName=quote_parts(parts))
    if (query := _view_over_source(parser, scope)) is not None:
        return CreateView(query, parts[0], is_global, replaces, refuses_duplicates=True)
    columns = tuple(parser.column_names()) if parser.word == "(" else ()
    _read_clauses(parser, _VIEW_CLAUSES)
    parser.expect_words("AS")
    query = translate_query(parser.expect_query(), scope)
    return CreateView(query, parts[0], is_global, replaces, columns, refuses_duplicates=True)


def _permanent_view(parser: StatementGrammar, scope: Scope, *, replaces: bool) -> Command:
    """The query is kept as text, but read whole, so that an error of syntax is seen."""
    if_not_exists = parser.take_words("IF", "NOT", "EXISTS")
    view = parser.expect_parts()
    columns = tuple(parser.column_names()) if parser.word == "(" else ()
    clauses = _read_clauses(parser, _VIEW_CLAUSES)
    parser.expect_words("AS")
    first = parser.current
    translate_query(parser.expect_query(), scope)
    text = parser.text_of(first, parser.previous)
    return CreatePermanentView(view, text, columns, if_not_exists, replaces, clauses.comment, clauses.properties)


def _view_over_source(parser: StatementGrammar, scope: Scope) -> Relation | None:
    """`[(columns with types)] USING format [OPTIONS (…)]`; None if the view has a query."""
    schema = _schema(parser.columns(), scope) if parser.word == "(" and parser.has_typed_columns() else None
    if not parser.take_words("USING"):
        if schema is not None:
            raise parser.refusal()
        return None
    source = ".".join(parser.expect_parts())
    return DataSource(source, schema, parser.properties() if parser.take_words("OPTIONS") else ())


def _create_table(parser: StatementGrammar, scope: Scope, *, replaces: bool) -> Command:
    if_not_exists = parser.take_words("IF", "NOT", "EXISTS")
    table = parser.expect_parts()
    if parser.word == "LIKE":
        return UnsupportedCommand("CREATE TABLE LIKE")
    columns = parser.columns() if parser.word == "(" and not parser.is_at_query else []
    clauses = _read_clauses(parser, _TABLE_CLAUSES)
    columns += [column for column in clauses.partitioning if column.data_type is not None]
    has_query = parser.take_words("AS") or parser.is_at_query
    return CreateTable(
        table,
        _schema(columns, scope) if columns else None,
        translate_query(parser.expect_query(), scope) if has_query else None,
        clauses.format,
        clauses.options,
        clauses.location,
        tuple(column.name for column in clauses.partitioning),
        if_not_exists,
        replaces,
        clauses.comment,
        clauses.properties,
    )


def read_columns(parser: StatementGrammar, scope: Scope) -> StructType:
    """`(name type, …)`, or one column without the parentheses."""
    return _schema(parser.columns() if parser.word == "(" else parser.bare_columns(), scope)


def _schema(columns: list[ColumnDefinition], scope: Scope) -> StructType:
    return StructType(tuple(_field(column, scope) for column in columns))


def _field(column: ColumnDefinition, scope: Scope) -> StructField:
    assert column.data_type is not None
    metadata = () if column.comment is None else ((COMMENT_KEY, column.comment),)
    return StructField(column.name, translate_type(column.data_type, scope), column.nullable, metadata)


# ---------------------------------------------------------------------------------------------- clauses


@dataclass(slots=True)
class _Clauses:
    """What stands between the columns and the query, in any order."""

    format: str | None = None
    options: Options = ()
    location: str | None = None
    comment: str | None = None
    properties: Options = ()
    partitioning: list[ColumnDefinition] = field(default_factory=list)


_CLAUSES: dict[str, Callable[[StatementGrammar], object]] = {
    "format": lambda parser: ".".join(parser.expect_parts()),
    "options": StatementGrammar.properties,
    "location": StatementGrammar.expect_text,
    "comment": StatementGrammar.expect_text,
    "properties": StatementGrammar.properties,
    "partitioning": StatementGrammar.columns,
}
_VIEW_CLAUSES: dict[tuple[str, ...], str] = {("COMMENT",): "comment", ("TBLPROPERTIES",): "properties"}
_TABLE_CLAUSES: dict[tuple[str, ...], str] = {
    ("USING",): "format",
    ("OPTIONS",): "options",
    ("LOCATION",): "location",
    ("PARTITIONED", "BY"): "partitioning",
    **_VIEW_CLAUSES,
}
_REFUSED_CLAUSES = {
    "STORED": "Use USING parquet.",
    "ROW": "Use USING csv with OPTIONS.",
    "CLUSTERED": "Leave out the buckets.",
    "CLUSTER BY": "Leave it out.",
    "DEFAULT": "Only UTF8_BINARY is there.",
}


def _read_clauses(parser: StatementGrammar, allowed: dict[tuple[str, ...], str]) -> _Clauses:
    clauses, seen = _Clauses(), set[str]()
    while (words := next((words for words in allowed if parser.take_words(*words)), None)) is not None:
        name = allowed[words]
        if name in seen:
            raise parse_error("", "DUPLICATE_CLAUSES", clauseName=" ".join(words))
        seen.add(name)
        setattr(clauses, name, _CLAUSES[name](parser))
    if parser.word in _REFUSED_CLAUSES:
        raise not_supported(f"{parser.word} in CREATE TABLE", _REFUSED_CLAUSES[parser.word])
    return clauses


# ---------------------------------------------------------------------------------------------- DROP


def read_drop(parser: StatementGrammar, scope: Scope) -> Command:
    kind = parser.take_one_of(("TABLE", "VIEW", *_DATABASE_WORDS))
    if kind is None:
        if parser.word in ("FUNCTION", "VARIABLE"):
            return UnsupportedCommand(f"DROP {parser.word}")
        raise parser.refusal()
    if_exists = parser.take_words("IF", "EXISTS")
    parts = parser.expect_parts()
    if kind in _DATABASE_WORDS:
        return DropDatabase(database_name(parts), if_exists, parser.take_one_of(("CASCADE", "RESTRICT")) == "CASCADE")
    if kind == "TABLE":
        parser.take_words("PURGE")
    return DropTable(parts, if_exists, is_view=kind == "VIEW")

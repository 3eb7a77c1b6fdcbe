"""CREATE and DROP: tables, temporary views, databases."""

from __future__ import annotations

from dataclasses import dataclass

from unbounded.errors import analysis_error, not_supported
from unbounded.plan.identifiers import quote_parts
from unbounded.plan.unresolved import (
    Command,
    CreateDatabase,
    CreateTable,
    CreateView,
    DataSource,
    DropDatabase,
    DropTable,
    Options,
    Relation,
    UnsupportedCommand,
)
from unbounded.sql.grammar.statements import StatementGrammar
from unbounded.sql.queries import translate_query
from unbounded.sql.scope import Scope
from unbounded.sql.types import translate_type
from unbounded.types.datatypes import StructField, StructType
from unbounded.types.metadata import COMMENT_KEY

from sqlglot.tokens import TokenType

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
    replaces = parser.take("OR", "REPLACE")
    if not replaces and parser.take_any(*_DATABASE_WORDS):
        return _create_database(parser)
    is_global = parser.take("GLOBAL")
    is_temporary = parser.take_any("TEMPORARY", "TEMP") is not None
    if parser.take("VIEW"):
        return _create_view(parser, scope, replaces=replaces, is_global=is_global, is_temporary=is_temporary)
    if parser.word == "FUNCTION":
        return UnsupportedCommand("CREATE FUNCTION")
    if is_temporary and parser.word == "TABLE":
        message = "CREATE TEMPORARY TABLE ..., use CREATE TEMPORARY VIEW instead"
        raise scope.source.error_at("_LEGACY_ERROR_TEMP_0035", 0, len(scope.source.text) - 1, message=message)
    parser.take("EXTERNAL")
    parser.expect_words("TABLE")
    return _create_table(parser, scope, replaces=replaces)


def _create_database(parser: StatementGrammar) -> Command:
    if_not_exists = parser.take("IF", "NOT", "EXISTS")
    name = database_name(parser.expect_parts())
    if parser.word in ("COMMENT", "LOCATION", "WITH"):
        raise not_supported(f"CREATE DATABASE … {parser.word}", "Leave it out.")
    return CreateDatabase(name, if_not_exists)


def _create_view(
    parser: StatementGrammar, scope: Scope, *, replaces: bool, is_global: bool, is_temporary: bool
) -> Command:
    if not is_temporary:
        return _permanent_view(parser, scope)
    parts = parser.expect_parts()
    if len(parts) > 1:
        raise analysis_error("TEMP_VIEW_NAME_TOO_MANY_NAME_PARTS", actualName=quote_parts(parts))
    if (query := _view_over_source(parser, scope)) is not None:
        return CreateView(query, parts[0], is_global, replaces)
    columns = tuple(parser.column_names()) if parser.word == "(" else ()
    _table_clauses(parser, allowed=("COMMENT", "TBLPROPERTIES"))
    parser.expect_words("AS")
    return CreateView(translate_query(parser.expect_query(), scope), parts[0], is_global, replaces, columns)


def _permanent_view(parser: StatementGrammar, scope: Scope) -> Command:
    """Read whole, so that an error of syntax is seen, then refused."""
    parser.take("IF", "NOT", "EXISTS")
    parser.expect_parts()
    if parser.word == "(":
        parser.column_names()
    _table_clauses(parser, allowed=("COMMENT", "TBLPROPERTIES"))
    parser.expect_words("AS")
    translate_query(parser.expect_query(), scope)
    raise not_supported("CREATE VIEW without TEMPORARY", "Use CREATE TEMPORARY VIEW, or CREATE TABLE … AS.")


def _view_over_source(parser: StatementGrammar, scope: Scope) -> Relation | None:
    """`[(columns with types)] USING format [OPTIONS (…)]`; None if the view has a query."""
    start = parser.bookmark
    schema = None
    if parser.word == "(" and (schema := _schema_or_none(parser, scope)) is None:
        parser.go_back(start)
        return None
    if not parser.take("USING"):
        parser.go_back(start)
        return None
    source = ".".join(parser.expect_parts())
    options = parser.properties() if parser.take("OPTIONS") else ()
    return DataSource(source, schema, options)


def _schema_or_none(parser: StatementGrammar, scope: Scope) -> StructType | None:
    """Columns with types; None if they are names only."""
    if parser.column_list_has_types:
        return _schema(parser, scope)
    return None


def _create_table(parser: StatementGrammar, scope: Scope, *, replaces: bool) -> Command:
    if_not_exists = parser.take("IF", "NOT", "EXISTS")
    table = parser.expect_parts()
    if parser.word == "LIKE":
        return UnsupportedCommand("CREATE TABLE LIKE")
    has_columns = parser.word == "(" and not parser.is_at_query
    schema = _schema(parser, scope) if has_columns else None
    clauses = _table_clauses(parser, allowed=_TABLE_CLAUSES)
    partition_columns, added = _partitioning(clauses.partitioning, parser, scope)
    if added:
        schema = StructType(((*schema.fields,) if schema is not None else ()) + added)
    has_query = parser.take("AS") or parser.is_at_query
    return CreateTable(
        table,
        schema,
        translate_query(parser.expect_query(), scope) if has_query else None,
        clauses.format,
        clauses.options,
        clauses.location,
        partition_columns,
        if_not_exists,
        replaces,
        clauses.comment,
        clauses.properties,
    )

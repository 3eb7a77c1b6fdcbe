"""Statements: which words begin which command, and the commands that are no definitions of tables or views."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from unbounded.errors import not_supported
from unbounded.plan.unresolved import (
    AddColumns,
    CacheTable,
    Command,
    DescribeQuery,
    DescribeTable,
    ExplainQuery,
    InsertInto,
    Relation,
    RenameTable,
    SetConfig,
    SetTableProperties,
    ShowColumns,
    ShowCreateTable,
    ShowDatabases,
    ShowFunctions,
    ShowPartitions,
    ShowTables,
    ShowViews,
    TruncateTable,
    UnsupportedCommand,
    UseDatabase,
)
from unbounded.sql.definitions import database_name, read_columns, read_create, read_drop
from unbounded.sql.errors import Source
from unbounded.sql.grammar.statements import StatementGrammar
from unbounded.sql.queries import translate_query, with_ctes
from unbounded.sql.row_changes import read_delete, read_merge, read_update, whole_statement
from unbounded.sql.scope import Scope
from unbounded.sql.upkeep import read_detail, read_history, read_optimize, read_restore, read_vacuum

Reader = Callable[[StatementGrammar, Scope], Command]

_BLANKS = r"(?:\s|--[^\n]*\n|/\*.*?\*/)*"
_SET = re.compile(_BLANKS + r"set\b\s*(?P<rest>.*?)[;\s]*", re.IGNORECASE | re.DOTALL)
_RESET = re.compile(_BLANKS + r"reset\b\s*(?P<rest>.*?)[;\s]*", re.IGNORECASE | re.DOTALL)
_ASSIGNMENT = re.compile(r"(?P<key>`[^`]+`|[^\s=`]+)\s*(?:=\s*(?P<value>`[^`]*`|.*))?", re.DOTALL)
_TIME_ZONE = re.compile(r"time\s+zone\s+(?P<zone>.+)", re.IGNORECASE | re.DOTALL)
_OFFSET = re.compile(r"interval\s+'(?P<offset>[+-]\d{1,2}:\d{2})'\s+hour\s+to\s+minute", re.IGNORECASE)
_VARIABLE = re.compile(r"(?:var|variable|catalog|path)\s+[^=\s]", re.IGNORECASE)
_EXPLAIN_MODES = ("EXTENDED", "CODEGEN", "COST", "FORMATTED")
_SHOW_CURRENT = ("CURRENT NAMESPACE", "CURRENT DATABASE", "CURRENT SCHEMA")
_SHOW_REFUSED = ("TBLPROPERTIES", "CATALOGS", "TABLE EXTENDED", *_SHOW_CURRENT)


def read_statement(parser: StatementGrammar, scope: Scope) -> Relation | Command:
    """One statement, whole."""
    statement = _statement(parser, scope)
    if not isinstance(statement, UnsupportedCommand):
        parser.expect_end()
    return statement


def _statement(parser: StatementGrammar, scope: Scope) -> Relation | Command:
    for words, reader in _READERS.items():
        if parser.take_words(*words):
            return reader(parser, scope)
    refused = next((words for words in _REFUSED if parser.take_words(*words.split())), None)
    if refused is not None:
        return UnsupportedCommand(refused)
    if (word := parser.word) in ("GRANT", "REVOKE"):
        raise scope.source.error_at("INVALID_STATEMENT_OR_CLAUSE", 0, len(scope.source.text) - 1, operation=word)
    ctes = parser.with_clause()
    if ctes is not None and parser.take_words("INSERT"):
        insert = _insert(parser, scope)
        return replace(insert, query=with_ctes(insert.query, ctes, scope))
    return with_ctes(translate_query(parser.expect_query(), scope), ctes, scope)


def _query(parser: StatementGrammar, scope: Scope) -> Relation:
    return translate_query(parser.expect_query(), scope)


# ---------------------------------------------------------------------------------------------- SET and RESET


def read_setting(source: Source) -> Command | None:
    """SET and RESET take raw text, so they are read before any tokens are made; None for another statement."""
    if (match := _SET.fullmatch(source.text)) is not None:
        return _set(match["rest"], source)
    if (match := _RESET.fullmatch(source.text)) is not None:
        rest = match["rest"]
        if rest and re.fullmatch(r"`[^`]+`|[^\s`]+", rest) is None:
            raise source.error_at("INVALID_RESET_COMMAND_FORMAT", 0, len(source.text) - 1)
        return SetConfig(rest.strip("`") or None, is_reset=True)
    return None


def _set(rest: str, source: Source) -> Command:
    if not rest:
        return SetConfig()
    if (zone := _TIME_ZONE.fullmatch(rest)) is not None:
        return _set_time_zone(zone["zone"])
    if _VARIABLE.match(rest) is not None:
        return UnsupportedCommand(f"SET {rest.split()[0].upper()}")
    match = _ASSIGNMENT.fullmatch(rest)
    if match is None:
        raise source.error_at("INVALID_SET_SYNTAX", 0, len(source.text) - 1)
    value = match["value"]
    return SetConfig(match["key"].strip("`"), None if value is None else value.strip().strip("`"))


def _set_time_zone(zone: str) -> Command:
    if (offset := _OFFSET.fullmatch(zone)) is not None:
        hours, minutes = offset["offset"].split(":")
        return SetConfig("spark.sql.session.timeZone", f"{hours[0]}{hours[1:]:0>2}:{minutes}")
    if zone[:1] not in "'\"" or zone[-1:] != zone[:1]:
        raise not_supported(f"SET TIME ZONE {zone}", "Write the zone as a string: SET TIME ZONE 'UTC'.")
    return SetConfig("spark.sql.session.timeZone", zone[1:-1])


# ---------------------------------------------------------------------------------------------- INSERT


def _insert(parser: StatementGrammar, scope: Scope) -> InsertInto:
    """INSERT INTO | OVERWRITE [TABLE] name [PARTITION (…)] [(columns) | BY NAME] query."""
    overwrites = parser.take_words("OVERWRITE")
    if overwrites and parser.word in ("DIRECTORY", "LOCAL"):
        raise not_supported("INSERT OVERWRITE DIRECTORY", "Use df.write.")
    if not overwrites:
        parser.expect_words("INTO")
    parser.take_words("TABLE")
    table = parser.expect_parts()
    partition = parser.assignments() if parser.take_words("PARTITION") else []
    if parser.word in ("IF", "REPLACE"):
        raise not_supported(f"INSERT … {parser.word} …", "Filter the rows in the query.")
    is_by_name = parser.take_words("BY", "NAME")
    columns = () if is_by_name or parser.word != "(" or parser.is_at_query else tuple(parser.names())
    static = tuple((name, scope.expression(value)) for name, value in partition if value is not None)
    query = _query(parser, scope)
    return InsertInto(table, query, columns, overwrites, is_by_name, static, whole_statement(scope))


# ---------------------------------------------------------------------------------------------- SHOW, DESCRIBE


def _show(parser: StatementGrammar, scope: Scope) -> Command:
    if (refused := next((words for words in _SHOW_REFUSED if parser.take_words(*words.split())), None)) is not None:
        return UnsupportedCommand(f"SHOW {refused}")
    if parser.take_words("TABLES"):
        database = database_name(parser.expect_parts()) if parser.take_one_of(("IN", "FROM")) else None
        return ShowTables(database, _pattern(parser))
    if parser.take_words("VIEWS"):
        database = database_name(parser.expect_parts()) if parser.take_one_of(("IN", "FROM")) else None
        return ShowViews(database, _pattern(parser))
    if parser.take_words("PARTITIONS"):
        table = parser.expect_parts()
        return ShowPartitions(table) if parser.is_at_end else UnsupportedCommand("SHOW PARTITIONS … PARTITION")
    if parser.take_one_of(("DATABASES", "SCHEMAS", "NAMESPACES")):
        if parser.word in ("IN", "FROM"):
            return UnsupportedCommand("SHOW NAMESPACES IN …")
        return ShowDatabases(_pattern(parser))
    if parser.take_words("COLUMNS"):
        return ShowColumns(_show_columns_table(parser))
    if parser.take_words("CREATE", "TABLE"):
        if parser.next_word == "AS":
            return UnsupportedCommand("SHOW CREATE TABLE … AS SERDE")
        return ShowCreateTable(parser.expect_parts())
    if parser.word in ("USER", "SYSTEM"):
        return UnsupportedCommand(f"SHOW {parser.word} FUNCTIONS")
    parser.take_words("ALL")
    parser.expect_words("FUNCTIONS")
    if parser.word in ("IN", "FROM"):
        return UnsupportedCommand("SHOW FUNCTIONS IN …")
    return ShowFunctions(_pattern(parser))


def _pattern(parser: StatementGrammar) -> str | None:
    return parser.expect_text() if parser.take_words("LIKE") else parser.take_text()


def _show_columns_table(parser: StatementGrammar) -> tuple[str, ...]:
    """SHOW COLUMNS IN t [IN db]."""
    if not parser.take_one_of(("IN", "FROM")):
        raise parser.refusal()
    table = parser.expect_parts()
    return (*parser.expect_parts(), *table) if parser.take_one_of(("IN", "FROM")) else table


def _describe(parser: StatementGrammar, scope: Scope) -> Command:
    if parser.word in ("FUNCTION", "DATABASE", "SCHEMA", "NAMESPACE", "CATALOG") and parser.next_word:
        return UnsupportedCommand(f"DESCRIBE {parser.word}")
    if parser.next_word not in ("", ".") and parser.take_words("HISTORY"):
        return read_history(parser)
    if parser.next_word not in ("", ".") and parser.take_words("DETAIL"):
        return read_detail(parser)
    if parser.take_words("QUERY") or parser.is_at_query and parser.word not in ("TABLE", "VALUES"):
        return DescribeQuery(_query(parser, scope))
    parser.take_words("TABLE")
    is_extended = parser.next_word != "" and parser.take_one_of(("EXTENDED", "FORMATTED")) is not None
    table = parser.expect_parts()
    if not parser.is_at_end:
        return UnsupportedCommand("DESCRIBE of one column or partition")
    return DescribeTable(table, is_extended)


def _explain(parser: StatementGrammar, scope: Scope) -> Command:
    mode = parser.take_one_of(_EXPLAIN_MODES) or "SIMPLE"
    if parser.is_at_end:
        raise parser.refusal()
    statement = _statement(parser, scope)
    if isinstance(statement, Command):
        return UnsupportedCommand("EXPLAIN of a command")
    return ExplainQuery(statement, mode.lower())


# ---------------------------------------------------------------------------------------------- USE, CACHE


def _use(parser: StatementGrammar, scope: Scope) -> Command:
    if parser.next_word and parser.next_word != ".":
        parser.take_one_of(("DATABASE", "SCHEMA", "NAMESPACE"))
    return UseDatabase(database_name(parser.expect_parts()))


def _cache(parser: StatementGrammar, scope: Scope) -> Command:
    """CACHE [LAZY] TABLE name [OPTIONS (…)] [[AS] query]: when and where it is kept is ours to choose."""
    parser.take_words("LAZY")
    parser.expect_words("TABLE")
    table = parser.expect_parts()
    if parser.take_words("OPTIONS"):
        parser.properties()
    has_query = parser.take_words("AS") or parser.is_at_query
    return CacheTable(table, _query(parser, scope) if has_query else None)


def _uncache(parser: StatementGrammar, scope: Scope) -> Command:
    parser.expect_words("TABLE")
    if_exists = parser.take_words("IF", "EXISTS")
    return CacheTable(parser.expect_parts(), is_uncache=True, if_exists=if_exists)


# ---------------------------------------------------------------------------------------------- TRUNCATE, ALTER


def _truncate(parser: StatementGrammar, scope: Scope) -> Command:
    table = parser.expect_parts()
    return TruncateTable(table) if parser.is_at_end else UnsupportedCommand("TRUNCATE TABLE … PARTITION")


def _alter(parser: StatementGrammar, scope: Scope) -> Command:
    """RENAME TO; and for Delta tables SET TBLPROPERTIES and ADD COLUMNS."""
    table = parser.expect_parts()
    if parser.take_words("RENAME", "TO"):
        return RenameTable(table, parser.expect_parts())
    if parser.take_words("SET", "TBLPROPERTIES"):
        return SetTableProperties(table, parser.properties())
    if parser.take_words("ADD", "COLUMNS") or parser.take_words("ADD", "COLUMN"):
        return AddColumns(table, read_columns(parser, scope))
    return UnsupportedCommand(f"ALTER TABLE … {parser.word}")


_READERS: dict[tuple[str, ...], Reader] = {
    ("CREATE",): read_create,
    ("DROP",): read_drop,
    ("INSERT",): _insert,
    ("SHOW",): _show,
    ("DESCRIBE",): _describe,
    ("DESC",): _describe,
    ("EXPLAIN",): _explain,
    ("USE",): _use,
    ("CACHE",): _cache,
    ("UNCACHE",): _uncache,
    ("TRUNCATE", "TABLE"): _truncate,
    ("DELETE", "FROM"): read_delete,
    ("UPDATE",): read_update,
    ("MERGE",): read_merge,
    ("OPTIMIZE",): read_optimize,
    ("VACUUM",): read_vacuum,
    ("RESTORE",): read_restore,
    ("ALTER", "TABLE"): _alter,
    ("ALTER", "VIEW"): _alter,
}
_REFUSED = (
    "ALTER DATABASE",
    "ALTER SCHEMA",
    "ALTER NAMESPACE",
    "ANALYZE",
    "REFRESH",
    "MSCK",
    "REPAIR TABLE",
    "LOAD DATA",
    "ADD",
    "LIST",
    "COMMENT ON",
    "CLEAR CACHE",
    "DECLARE",
    "EXECUTE IMMEDIATE",
    "CALL",
    "REPLACE TABLE",
    "BEGIN",
)
"""Statements Spark has and this engine does not: known by their first words, refused by name when they are run."""

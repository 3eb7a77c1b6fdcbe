"""Delta Lake's own statements: OPTIMIZE, VACUUM, RESTORE, DESCRIBE HISTORY and DETAIL."""

from __future__ import annotations

from unbounded.errors import not_supported
from unbounded.plan.unresolved import (
    Command,
    DescribeDetail,
    DescribeHistory,
    OptimizeTable,
    RestoreTable,
    VacuumTable,
)
from unbounded.sql.grammar.statements import StatementGrammar
from unbounded.sql.scope import Scope


def read_optimize(parser: StatementGrammar, scope: Scope) -> Command:
    """OPTIMIZE name [ZORDER BY (columns)]."""
    table = parser.expect_parts()
    if parser.word in ("WHERE", "FULL"):
        raise not_supported(f"OPTIMIZE … {parser.word}", "Optimize the whole table.")
    if not parser.take_words("ZORDER", "BY"):
        return OptimizeTable(table)
    columns = parser.names() if parser.word == "(" else parser.comma_separated(parser.expect_name)
    return OptimizeTable(table, tuple(columns))


def read_vacuum(parser: StatementGrammar, scope: Scope) -> Command:
    """VACUUM name [FULL] [RETAIN number HOURS] [DRY RUN]."""
    table = parser.expect_parts()
    if parser.take_words("LITE"):
        raise not_supported("VACUUM … LITE", "Leave LITE out.")
    parser.take_words("FULL")
    hours: float | None = None
    if parser.take_words("RETAIN"):
        hours = float(parser.required(parser.number()).name)
        parser.expect_words("HOURS")
    return VacuumTable(table, hours, parser.take_words("DRY", "RUN"))


def read_restore(parser: StatementGrammar, scope: Scope) -> Command:
    """RESTORE [TABLE] name [TO] VERSION AS OF number | TIMESTAMP AS OF 'time'."""
    parser.take_words("TABLE")
    table = parser.expect_parts()
    parser.take_words("TO")
    if parser.take_words("VERSION", "AS", "OF"):
        return RestoreTable(table, version=int(parser.required(parser.number()).name))
    parser.expect_words("TIMESTAMP", "AS", "OF")
    return RestoreTable(table, timestamp=parser.expect_text())


def read_history(parser: StatementGrammar) -> Command:
    """DESCRIBE HISTORY name [LIMIT number]."""
    table = parser.expect_parts()
    limit = int(parser.required(parser.number()).name) if parser.take_words("LIMIT") else None
    return DescribeHistory(table, limit)


def read_detail(parser: StatementGrammar) -> Command:
    return DescribeDetail(parser.expect_parts())

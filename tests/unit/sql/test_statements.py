"""Statements that are no queries: text against the command it stands for."""

from __future__ import annotations

import pytest

from unbounded.errors import SparkError
from unbounded.plan.unresolved import (
    AddColumns,
    Assignment,
    CacheTable,
    CreateDatabase,
    CreateTable,
    CreateView,
    DataSource,
    DeleteFrom,
    DescribeDetail,
    DescribeHistory,
    DescribeQuery,
    DescribeTable,
    DropDatabase,
    DropTable,
    ExplainQuery,
    InlineTable,
    InsertInto,
    Literal,
    MergeAction,
    MergeClause,
    MergeInto,
    MergeMatch,
    NamedTable,
    OneRow,
    OptimizeTable,
    Project,
    RestoreTable,
    SetConfig,
    SetTableProperties,
    ShowColumns,
    ShowCreateTable,
    ShowDatabases,
    ShowFunctions,
    ShowPartitions,
    ShowTables,
    SubqueryAlias,
    TruncateTable,
    UnresolvedAttribute,
    UnresolvedStar,
    UnsupportedCommand,
    UpdateTable,
    UseDatabase,
    VacuumTable,
    WithCtes,
)
from unbounded.sql import parse_statement
from unbounded.types.datatypes import BOOLEAN, INTEGER, STRING, StructField, StructType, VarcharType

ONE = Literal(1, INTEGER)
SELECT_1 = Project(OneRow(), (ONE,))
SELECT_X = Project(NamedTable(("x",)), (UnresolvedStar(),))
A, B = StructField("a", INTEGER), StructField("b", STRING)

STATEMENTS = {
    # CREATE
    "create table t (a int, b string)": CreateTable(("t",), StructType((A, B)), None, None),
    "create table t (a int not null comment 'x', c varchar(3))": CreateTable(
        ("t",),
        StructType((StructField("a", INTEGER, False, (("comment", "x"),)), StructField("c", VarcharType(3)))),
        None,
        None,
    ),
    "create table if not exists t using csv options (header 'true', 'sep' ',', a.b 1, x=-2) location '/'": CreateTable(
        ("t",),
        None,
        None,
        "csv",
        (("header", "true"), ("sep", ","), ("a.b", "1"), ("x", "-2")),
        "/",
        if_not_exists=True,
    ),
    "create or replace table t using parquet comment 'c' tblproperties ('k' = 'v') as select 1": CreateTable(
        ("t",), None, SELECT_1, "parquet", replaces=True, comment="c", properties=(("k", "v"),)
    ),
    "create table t (a int, b string) using parquet partitioned by (b)": CreateTable(
        ("t",), StructType((A, B)), None, "parquet", partition_columns=("b",)
    ),
    "create table t (a int) partitioned by (b string)": CreateTable(
        ("t",), StructType((A, B)), None, None, partition_columns=("b",)
    ),
    "create external table t (a int) location '/t'": CreateTable(("t",), StructType((A,)), None, None, location="/t"),
    "create table t as (select 1)": CreateTable(("t",), None, SELECT_1, None),
    "create table t like u": UnsupportedCommand("CREATE TABLE LIKE"),
    "create temporary view v as select 1": CreateView(SELECT_1, "v", False, False, refuses_duplicates=True),
    "create or replace temp view v (a, b comment 'x') as select 1": CreateView(
        SELECT_1, "v", False, True, ("a", "b"), refuses_duplicates=True
    ),
    "create global temporary view v as select 1": CreateView(SELECT_1, "v", True, False, refuses_duplicates=True),
    "create temporary view v (a int) using csv options (path '/x')": CreateView(
        DataSource("csv", StructType((A,)), (("path", "/x"),)), "v", False, False, refuses_duplicates=True
    ),
    "create database if not exists d": CreateDatabase("d", True),
    "create schema spark_catalog.d": CreateDatabase("d"),
    "create function f as 'a.b'": UnsupportedCommand("CREATE FUNCTION"),
    # DROP
    "drop table if exists a.t purge": DropTable(("a", "t"), True),
    "drop view v": DropTable(("v",), is_view=True),
    "drop database if exists d cascade": DropDatabase("d", True, True),
    "drop namespace d restrict": DropDatabase("d"),
    # INSERT
    "insert into t select 1": InsertInto(("t",), SELECT_1),
    "insert into table t (a, b) values (1, 1)": InsertInto(("t",), InlineTable(((ONE, ONE),)), ("a", "b")),
    "insert into t (select 1)": InsertInto(("t",), SELECT_1),
    "insert into t by name select 1": InsertInto(("t",), SELECT_1, is_by_name=True),
    "insert overwrite table t partition (p = 1, q) select 1": InsertInto(
        ("t",), SELECT_1, overwrites=True, static_partition=(("p", ONE),)
    ),
    "insert into t table x": InsertInto(("t",), NamedTable(("x",))),
    "with x as (select 1) insert into t select * from x": InsertInto(
        ("t",), WithCtes((SubqueryAlias(SELECT_1, "x"),), SELECT_X)
    ),
    # SHOW, DESCRIBE, EXPLAIN
    "show tables": ShowTables(),
    "show tables in d like 'a*'": ShowTables("d", "a*"),
    "show databases": ShowDatabases(),
    "show schemas like 'x*'": ShowDatabases("x*"),
    "show columns in t": ShowColumns(("t",)),
    "show columns from t from d": ShowColumns(("d", "t")),
    "show create table d.t": ShowCreateTable(("d", "t")),
    "show functions like 'a*'": ShowFunctions("a*"),
    "show partitions t": ShowPartitions(("t",)),
    "describe t": DescribeTable(("t",)),
    "desc table extended d.t": DescribeTable(("d", "t"), True),
    "describe formatted t": DescribeTable(("t",), True),
    "describe extended": DescribeTable(("extended",)),
    "describe select 1": DescribeQuery(SELECT_1),
    "desc query select 1": DescribeQuery(SELECT_1),
    "desc function f": UnsupportedCommand("DESCRIBE FUNCTION"),
    "explain select 1": ExplainQuery(SELECT_1, "simple"),
    "explain formatted select 1": ExplainQuery(SELECT_1, "formatted"),
    "explain drop table t": UnsupportedCommand("EXPLAIN of a command"),
    # USE, CACHE
    "use d": UseDatabase("d"),
    "use schema d": UseDatabase("d"),
    "cache lazy table t": CacheTable(("t",)),
    "cache table t options ('storageLevel' 'DISK_ONLY') as select 1": CacheTable(("t",), SELECT_1),
    "uncache table if exists t": CacheTable(("t",), is_uncache=True, if_exists=True),
    # SET, RESET
    "set": SetConfig(),
    "set -v": SetConfig("-v"),
    "-- c\n /* d */ set a = b": SetConfig("a", "b"),
    "SET spark.x": SetConfig("spark.x"),
    "set spark.sql.shuffle.partitions = 4 ;": SetConfig("spark.sql.shuffle.partitions", "4"),
    "set a=b c 'd'": SetConfig("a", "b c 'd'"),
    "set `a b`=`x;y`": SetConfig("a b", "x;y"),
    "set a=": SetConfig("a", ""),
    "set time zone 'UTC'": SetConfig("spark.sql.session.timeZone", "UTC"),
    "reset": SetConfig(is_reset=True),
    "reset a.b": SetConfig("a.b", is_reset=True),
    "set var x = 1": UnsupportedCommand("SET VAR"),
    # known by name only
    "alter table t add columns (a int)": AddColumns(("t",), StructType((StructField("a", INTEGER),))),
    "alter table t set tblproperties (a = 1)": SetTableProperties(("t",), (("a", "1"),)),
    "alter table t drop columns (a)": UnsupportedCommand("ALTER TABLE … DROP"),
    "optimize d.t zorder by (a, b)": OptimizeTable(("d", "t"), ("a", "b")),
    "vacuum t retain 200 hours dry run": VacuumTable(("t",), 200.0, is_dry_run=True),
    "restore table t to version as of 3": RestoreTable(("t",), version=3),
    "restore t timestamp as of '2026-01-01'": RestoreTable(("t",), timestamp="2026-01-01"),
    "describe history t limit 3": DescribeHistory(("t",), 3),
    "describe detail t": DescribeDetail(("t",)),
    "describe history": DescribeTable(("history",)),
    "delete from t": DeleteFrom(("t",)),
    "delete from d.t as x where a": DeleteFrom(("d", "t"), "x", UnresolvedAttribute(("a",))),
    "update t set a = 1, t.b = default": UpdateTable(
        ("t",), (Assignment(("a",), Literal(1, INTEGER)), Assignment(("t", "b"), None))
    ),
    "update t x set a = 1 where b": UpdateTable(
        ("t",), (Assignment(("a",), Literal(1, INTEGER)),), "x", UnresolvedAttribute(("b",))
    ),
    "merge into t using u on true when matched then delete when not matched by target and a then insert *": MergeInto(
        ("t",),
        NamedTable(("u",)),
        Literal(True, BOOLEAN),
        (
            MergeClause(MergeMatch.MATCHED, MergeAction.DELETE),
            MergeClause(MergeMatch.NOT_MATCHED, MergeAction.INSERT_ALL, UnresolvedAttribute(("a",))),
        ),
    ),
    "truncate table t": TruncateTable(("t",)),
    "refresh table t": UnsupportedCommand("REFRESH"),
    "analyze table t compute statistics": UnsupportedCommand("ANALYZE"),
    "msck repair table t": UnsupportedCommand("MSCK"),
    "add jar /x.jar": UnsupportedCommand("ADD"),
    "clear cache": UnsupportedCommand("CLEAR CACHE"),
}


@pytest.mark.parametrize("text", STATEMENTS)
def test_statement(text: str) -> None:
    assert parse_statement(text) == STATEMENTS[text]


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("set a b", "INVALID_SET_SYNTAX"),
        ("reset a b", "INVALID_RESET_COMMAND_FORMAT"),
        ("grant select on t to u", "INVALID_STATEMENT_OR_CLAUSE"),
        ("create temporary table t (a int)", "_LEGACY_ERROR_TEMP_0035"),
        ("create temporary view d.v as select 1", "TEMP_VIEW_NAME_TOO_MANY_NAME_PARTS"),
        ("create table t using csv using json", "DUPLICATE_CLAUSES"),
        ("create table a-b (x int)", "INVALID_IDENTIFIER"),
        ("create table t (a foo)", "UNSUPPORTED_DATATYPE"),
        ("create table t (a int,)", "PARSE_SYNTAX_ERROR"),
        ("drop table t u", "PARSE_SYNTAX_ERROR"),
        ("insert t select 1", "PARSE_SYNTAX_ERROR"),
        ("explain", "PARSE_SYNTAX_ERROR"),
    ],
)
def test_bad_statement(text: str, condition: str) -> None:
    with pytest.raises(SparkError) as error:
        parse_statement(text)
    assert error.value.condition == condition

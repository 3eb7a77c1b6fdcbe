"""Databases that are one file: SQLite and DuckDB."""

from __future__ import annotations

import datetime
import sqlite3
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from pyspark.errors import PySparkException
from pyspark.sql.connect.dataframe import DataFrame
from pyspark.sql.connect.session import SparkSession

SIMPLE = """
SELECT CAST(1 AS TINYINT) ti, CAST(2 AS SMALLINT) sm, 3 i, 4L l, CAST(1.5 AS FLOAT) f, 2.5D d,
  CAST(1.25 AS DECIMAL(10,2)) de, true b, 'x' s, X'DEAD' bi, date'2024-01-02' da,
  timestamp'2024-01-02 03:04:05.123456' ts
UNION ALL SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
"""


@pytest.fixture(params=["sqlite", "duckdb"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return f"jdbc:{request.param}:{tmp_path}/data.db"


def read(spark: SparkSession, url: str, **options: str) -> DataFrame:
    return spark.read.format("jdbc").options(url=url, **options).load()


def write(frame: DataFrame, url: str, table: str, mode: str = "append", **options: str) -> None:
    frame.write.format("jdbc").mode(mode).options(url=url, dbtable=table, **options).save()


def test_every_type_there_and_back(spark: SparkSession, url: str) -> None:
    frame = spark.sql(SIMPLE)
    write(frame, url, "t")
    there = read(spark, url, dbtable="t")
    as_int = {"ti", "sm"} if "sqlite" in url else set()
    for before, after in zip(frame.schema, there.schema, strict=True):
        assert after.dataType.simpleString() == ("int" if before.name in as_int else before.dataType.simpleString())
    assert there.collect() == frame.collect()


def test_modes_and_failures(spark: SparkSession, url: str) -> None:
    frame = spark.createDataFrame([(1, "a"), (2, None)], "id int, name string")
    write(frame, url, "t")
    with pytest.raises(PySparkException, match="SaveMode: ErrorIfExists"):
        write(frame, url, "t", "error")
    write(frame, url, "t", "overwrite", truncate="true")
    write(read(spark, url, dbtable="t").selectExpr("id + 1 AS id", "name"), url, "t", "overwrite")
    failing = spark.range(200_000).selectExpr("CAST(id / IF(id = 150000, 0, 1) AS INT) AS id", "'x' AS name")
    for mode in ("overwrite", "append"):
        with pytest.raises(PySparkException) as error:
            write(failing, url, "t", mode)
        assert error.value.getCondition() == "DIVIDE_BY_ZERO"
    assert sorted(map(tuple, read(spark, url, dbtable="t").collect())) == [(2, "a"), (3, None)]
    write(frame, url, "k", upsertKeys="id")
    write(frame.selectExpr("id + 1 AS id", "'new' AS name"), url, "k", upsertKeys="id")
    assert sorted(map(tuple, read(spark, url, dbtable="k").collect())) == [(1, "a"), (2, "new"), (3, "new")]
    with pytest.raises(PySparkException, match="ALTER TABLE t ADD PRIMARY KEY"):
        write(frame, url, "t", upsertKeys="id")


def test_filters_and_parts(spark: SparkSession, url: str, capsys: pytest.CaptureFixture[str]) -> None:
    frame = spark.range(20).selectExpr("CAST(id AS INT) AS id", "CONCAT('Name', id) AS name", "id * 1.5D AS d")
    write(frame, url, "t")
    table = read(spark, url, dbtable="t")
    for condition, count in (
        ("id >= 5 AND d < 15", 5),
        ("name LIKE 'Name1%'", 11),
        ("name LIKE 'name%'", 0),
        ("name LIKE '%e1'", 1),
        ("contains(name, 'me')", 20),
        ("name <=> 'Name3' OR id IN (4, 5)", 3),
        ("name IS NOT NULL", 20),
    ):
        rows = table.where(condition)
        rows.explain()
        assert " FROM t WHERE (" in capsys.readouterr().out
        assert rows.count() == count
    parts = {"partitionColumn": "id", "lowerBound": "0", "upperBound": "20", "numPartitions": "4"}
    assert read(spark, url, dbtable="t", **parts).count() == 20
    assert read(spark, url, query="SELECT max(id) AS m, count(*) AS n FROM t").collect() == [(19, 20)]


def test_errors(spark: SparkSession, url: str, tmp_path: Path) -> None:
    for options, words in (
        ({"dbtable": "nope"}, "DURING_OUTPUT_SCHEMA_RESOLUTION"),
        ({"query": "SELECT 1 AS a", "queryTimeout": "5"}, "queryTimeout"),
        ({"query": "SELECT 1 AS a", "hint": "x"}, "HINT_UNSUPPORTED_FOR_JDBC_DIALECT"),
    ):
        with pytest.raises(PySparkException, match=words):
            read(spark, url, **options).collect()
    (tmp_path / "data.db").write_text("this is no database " * 300)
    with pytest.raises(PySparkException) as error:
        read(spark, url, dbtable="t").collect()
    assert error.value.getCondition() in (
        "FAILED_JDBC.CONNECTION",
        "JDBC_EXTERNAL_ENGINE_SYNTAX_ERROR.DURING_OUTPUT_SCHEMA_RESOLUTION",
    )


def test_what_sqlite_columns_are_declared_as(spark: SparkSession, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "data.db") as connection:
        connection.execute(
            "CREATE TABLE t (i integer PRIMARY KEY, r real, n numeric, v varchar(20), dt date, ts timestamp, "
            "bo boolean, de decimal(10,2), bi bigint, nothing_, cl clob, dtt datetime, ch char(4), late text)"
        )
        connection.execute("INSERT INTO t (i) VALUES (1)")
        connection.execute(
            "INSERT INTO t VALUES (2, 1.5, '1.25', 'v', '2024-01-02', 1704103200000, 1, '3.25', 5000000000, 'q', 'c', "
            "'2024-01-01 10:00:00', 'ch', 'text')"
        )
    url = f"jdbc:sqlite:{tmp_path}/data.db"
    frame = read(spark, url, dbtable="t")
    assert frame.schema.simpleString() == (
        "struct<i:int,r:double,n:decimal(38,18),v:string,dt:date,ts:timestamp,bo:boolean,de:decimal(10,2),bi:bigint,"
        "nothing_:binary,cl:string,dtt:timestamp,ch:string,late:string>"
    )
    moment = datetime.datetime(2024, 1, 1, 10, 0)
    assert [tuple(row) for row in frame.orderBy("i").collect()] == [
        (1, *[None] * 13),
        (
            2,
            1.5,
            Decimal("1.25"),
            "v",
            datetime.date(2024, 1, 2),
            moment,
            True,
            Decimal("3.25"),
            5_000_000_000,
            b"q",
            "c",
            moment,
            "ch  ",
            "text",
        ),
    ]


def test_types_that_only_duckdb_has(spark: SparkSession, tmp_path: Path) -> None:
    path = f"{tmp_path}/data.db"
    with duckdb.connect(path) as connection:
        connection.execute(
            "CREATE TABLE t AS SELECT 200::UTINYINT u1, 4000000000::UINTEGER u4, [1, NULL] l, {'a': 1} s, "
            "MAP {'k': 1} m, uuid '00112233-4455-6677-8899-aabbccddeeff' u, time '10:00:00' ti, interval 1 day i, "
            "'x'::ENUM('x') e"
        )
    frame = read(spark, f"jdbc:duckdb:{path}?duckdb.read_only=true", dbtable="t")
    assert frame.schema.simpleString() == (
        "struct<u1:smallint,u4:bigint,l:array<int>,s:struct<a:int>,m:map<string,int>,u:string,ti:string,i:string,e:string>"
    )
    assert frame.collect() == [
        (
            200,
            4_000_000_000,
            [1, None],
            (1,),
            {"k": 1},
            "00112233-4455-6677-8899-aabbccddeeff",
            "10:00:00",
            "1 day",
            "x",
        )
    ]

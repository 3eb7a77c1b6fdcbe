"""Tables of a MariaDB server through jdbc:mysql: URLs. Values and types are those of Spark 4.2 with Connector/J."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest
from pyspark.errors import PySparkException
from pyspark.sql.connect.dataframe import DataFrame
from pyspark.sql.connect.session import SparkSession

from tests.databases.mysql_server import MySqlServer
from tests.databases.temporary_server import PASSWORD
from tests.databases.test_files import SIMPLE

_NOON = datetime.datetime(2024, 2, 29, 12, 34, 56, 123456)
TYPES: list[tuple[str, str, str, object]] = [
    ("tinyint(1)", "1", "boolean", True),
    ("tinyint", "-2", "tinyint", -2),
    ("tinyint unsigned", "200", "smallint", 200),
    ("smallint", "-3", "smallint", -3),
    ("smallint unsigned", "60000", "int", 60000),
    ("mediumint", "-4", "int", -4),
    ("int", "5", "int", 5),
    ("int unsigned", "4000000000", "bigint", 4_000_000_000),
    ("bigint", "6", "bigint", 6),
    ("bigint unsigned", "18000000000000000000", "decimal(20,0)", Decimal("18000000000000000000")),
    ("float", "1.1", "float", 1.100000023841858),
    ("double", "2.5", "double", 2.5),
    ("decimal(10,2)", "3.25", "decimal(10,2)", Decimal("3.25")),
    ("decimal(38,0)", "1" + "0" * 37, "decimal(38,0)", Decimal("1" + "0" * 37)),
    ("decimal(65,2)", "1.5", "decimal(38,0)", Decimal("2")),
    ("bit(1)", "b'1'", "boolean", True),
    ("bit(8)", "b'101'", "binary", b"101"),
    ("date", "'2024-02-29'", "date", datetime.date(2024, 2, 29)),
    ("datetime(6)", "'2024-02-29 12:34:56.123456'", "timestamp", _NOON),
    ("timestamp(6) NULL", "'2024-02-29 12:34:56.123456'", "timestamp", _NOON),
    ("time(3)", "'12:34:56.789'", "timestamp", datetime.datetime(1970, 1, 1, 12, 34, 56, 789000)),
    ("year", "2024", "date", datetime.date(2024, 1, 1)),
    ("char(5)", "'ab'", "string", "ab   "),
    ("varchar(10)", "'v''\\\\'", "string", "v'\\"),
    ("text", "'text'", "string", "text"),
    ("json", "'{\"a\":1}'", "string", '{"a":1}'),
    ("blob", "x'dead'", "binary", b"\xde\xad"),
    ("enum('a','b')", "'a'", "string", "a"),
]


def read(spark: SparkSession, mysql: MySqlServer, **options: str) -> DataFrame:
    return spark.read.format("jdbc").options(**{**mysql.access, **options}).load()


def write(frame: DataFrame, mysql: MySqlServer, table: str, mode: str = "append", **options: str) -> None:
    frame.write.format("jdbc").mode(mode).options(**mysql.access, dbtable=table, **options).save()


def test_types_and_nulls(spark: SparkSession, mysql: MySqlServer) -> None:
    columns = ", ".join(f"c{i} {type_name}" for i, (type_name, *_) in enumerate(TYPES))
    values = ", ".join(value for _, value, *_ in TYPES)
    mysql.execute(f"CREATE TABLE t ({columns})", f"INSERT INTO t VALUES ({values})", "INSERT INTO t (c0) VALUES (NULL)")
    frame = read(spark, mysql, dbtable="t")
    assert [field.dataType.simpleString() for field in frame.schema] == [spark_type for *_, spark_type, _ in TYPES]
    assert [tuple(row) for row in frame.collect()] == [tuple(wanted for *_, wanted in TYPES), (None,) * len(TYPES)]


def test_every_type_there_and_back(spark: SparkSession, mysql: MySqlServer) -> None:
    frame = spark.sql(SIMPLE)
    write(frame, mysql, "t")
    there = read(spark, mysql, dbtable="t")
    assert [f.dataType for f in there.schema] == [f.dataType for f in frame.schema]
    assert there.collect() == frame.collect()


def test_modes_and_failures(spark: SparkSession, mysql: MySqlServer) -> None:
    frame = spark.createDataFrame([(1, "a'\\b"), (2, None)], "id int, name string")
    write(frame, mysql, "t", tableComment="it's")
    with pytest.raises(PySparkException, match="SaveMode: ErrorIfExists"):
        write(frame, mysql, "t", "error")
    write(frame, mysql, "t", "overwrite", truncate="true")
    write(read(spark, mysql, dbtable="t").selectExpr("id + 1 AS id", "name"), mysql, "t", "overwrite")
    failing = spark.range(5000).selectExpr("CAST(id / IF(id = 4500, 0, 1) AS INT) AS id", "'x' AS name")
    for mode, options in (("overwrite", {}), ("overwrite", {"truncate": "true"}), ("append", {})):
        with pytest.raises(PySparkException) as error:
            write(failing, mysql, "t", mode, **options)
        assert error.value.getCondition() == "DIVIDE_BY_ZERO"
    with pytest.raises(PySparkException):
        write(failing, mysql, "never", "append")
    assert sorted(map(tuple, read(spark, mysql, dbtable="t").collect())) == [(2, "a'\\b"), (3, None)]
    tables = read(
        spark, mysql, query="SELECT table_name AS n FROM information_schema.tables WHERE table_schema = 'tests'"
    )
    assert tables.collect() == [("t",)]


def test_upserts(spark: SparkSession, mysql: MySqlServer) -> None:
    frame = spark.createDataFrame([(1, "a"), (2, None)], "id int, name string")
    write(frame, mysql, "k", upsertKeys="id")
    write(frame.selectExpr("id + 1 AS id", "'new' AS name"), mysql, "k", upsertKeys="id")
    assert sorted(map(tuple, read(spark, mysql, dbtable="k").collect())) == [(1, "a"), (2, "new"), (3, "new")]
    write(frame, mysql, "t")
    with pytest.raises(PySparkException, match="ALTER TABLE t ADD PRIMARY KEY"):
        write(frame, mysql, "t", upsertKeys="id")


def test_filters_parts_and_errors(spark: SparkSession, mysql: MySqlServer, capsys: pytest.CaptureFixture[str]) -> None:
    write(spark.range(20).selectExpr("CAST(id AS INT) AS id", "CONCAT('Name', id) AS name"), mysql, "t")
    rows = read(spark, mysql, dbtable="t").where("id >= 15 AND name LIKE 'Name%' AND name <> 'name16'")
    rows.explain()
    assert "FROM t WHERE (`id` >= 15)\n" in capsys.readouterr().out
    assert rows.count() == 5
    parts = {"partitionColumn": "id", "lowerBound": "0", "upperBound": "20", "numPartitions": "4"}
    assert read(spark, mysql, dbtable="t", **parts).count() == 20
    for options, words in (
        ({"dbtable": "nope"}, "Table 'tests.nope' doesn't exist"),
        ({"dbtable": "t", "password": "wrong"}, "Access denied"),
        ({"dbtable": "t", "hint": "/*+ x */"}, "UNBOUNDED_NOT_SUPPORTED"),
        ({"query": "SELECT SLEEP(20) AS a", "queryTimeout": "1"}, "ERROR"),
    ):
        with pytest.raises(PySparkException) as error:
            read(spark, mysql, **options).collect()
        assert words in str(error.value)
        assert PASSWORD not in str(error.value)

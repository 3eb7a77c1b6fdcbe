"""Reads of PostgreSQL: types, options, parts, and which query reaches the server. Values and errors are Spark 4.2's."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest
from pyspark.errors import PySparkException
from pyspark.sql import functions as F
from pyspark.sql.connect.dataframe import DataFrame
from pyspark.sql.connect.session import SparkSession

from tests.databases.conftest import Schema
from tests.databases.temporary_server import PASSWORD

_UUID = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"
_NOON = datetime.datetime(2024, 2, 29, 12, 34, 56, 123456)

TYPES: list[tuple[str, str, str, object]] = [
    ("smallint", "1", "smallint", 1),
    ("integer", "2", "int", 2),
    ("bigint", "3", "bigint", 3),
    ("real", "1.5", "float", 1.5),
    ("double precision", "'NaN'", "double", "nan"),
    ("numeric", "1.234567890123456789", "decimal(38,18)", Decimal("1.234567890123456789")),
    ("numeric(5,2)", "123.45", "decimal(5,2)", Decimal("123.45")),
    ("numeric(38,0)", "1" + "0" * 37, "decimal(38,0)", Decimal("1" + "0" * 37)),
    ("numeric(50,10)", "1.5", "decimal(38,0)", Decimal("2")),
    ("boolean", "true", "boolean", True),
    ("bit(1)", "B'1'", "boolean", True),
    ("bit(8)", "B'10101010'", "binary", b"10101010"),
    ("varbit(8)", "B'101'", "string", "101"),
    ("char(5)", "'ab'", "string", "ab   "),
    ("varchar(10)", "'hello'", "string", "hello"),
    ("text", "'x''y'", "string", "x'y"),
    ("bytea", "'\\xdead'", "binary", b"\xde\xad"),
    ("date", "'2024-02-29'", "date", datetime.date(2024, 2, 29)),
    ("date", "'-infinity'", "date", datetime.date(1, 1, 3)),
    ("timestamptz", "'2024-02-29 12:34:56.123456+00'", "timestamp", _NOON),
    ("timestamptz", "'infinity'", "timestamp", datetime.datetime(9999, 12, 31, 23, 59, 59, 999000)),
    ("interval", "'1 year 2 days 3 hours'", "string", "1 year 2 days 03:00:00"),
    ("uuid", f"'{_UUID}'", "string", _UUID),
    ("json", "'{\"a\": 1}'", "string", '{"a": 1}'),
    ("jsonb", "'{\"a\":1}'", "string", '{"a": 1}'),
    ("xml", "'<a/>'", "string", "<a/>"),
    ("money", "'12.34'", "string", "$12.34"),
    ("inet", "'10.0.0.1'", "string", "10.0.0.1"),
    ("cidr", "'10.0.0.0/8'", "string", "10.0.0.0/8"),
    ("oid", "42", "decimal(20,0)", Decimal("42")),
    ("point", "'(1,2)'", "string", "(1,2)"),
    ("int4range", "'[1,5)'", "string", "[1,5)"),
    ("tsvector", "'a b'", "string", "'a' 'b'"),
    ("integer[]", "'{1,NULL}'", "array<int>", [1, None]),
    ("integer[]", "'{}'", "array<int>", []),
    ("text[]", "'{a,NULL,\"b c\"}'", "array<string>", ["a", None, "b c"]),
    ("numeric(10,2)[]", "'{1.5,NULL}'", "array<decimal(10,2)>", [Decimal("1.50"), None]),
    ("boolean[]", "'{t,f}'", "array<boolean>", [True, False]),
    ("uuid[]", f"'{{{_UUID}}}'", "array<string>", [_UUID]),
    ("bytea[]", "array['\\xdead'::bytea]", "array<binary>", [b"\xde\xad"]),
    ("date[]", "'{2024-01-01}'", "array<date>", [datetime.date(2024, 1, 1)]),
    ("integer[][]", "'{{1,2},{3,NULL}}'", "array<array<int>>", [[1, 2], [3, None]]),
]


def external_query(frame: DataFrame, capsys: pytest.CaptureFixture[str]) -> str:
    """The query that the server gets, as explain shows it."""
    frame.explain()
    lines = capsys.readouterr().out.splitlines()
    return next(line for line in lines if line.startswith("External engine query: ")).partition(": ")[2]


def test_types_and_nulls(spark: SparkSession, schema: Schema) -> None:
    columns = ", ".join(f"c{i} {type_name}" for i, (type_name, *_) in enumerate(TYPES))
    values = ", ".join(value for _, value, *_ in TYPES)
    schema.execute(f"CREATE TABLE t ({columns})", f"INSERT INTO t VALUES ({values})", "INSERT INTO t DEFAULT VALUES")
    frame = schema.read(spark, dbtable="t")
    assert [field.dataType.simpleString() for field in frame.schema] == [spark_type for *_, spark_type, _ in TYPES]
    assert all(field.nullable for field in frame.schema)
    full, empty = frame.collect()
    assert ["nan" if value != value else value for value in full] == [wanted for *_, wanted in TYPES]
    assert set(empty) == {None}


def test_times_without_a_zone(spark: SparkSession, schema: Schema) -> None:
    query = "SELECT timestamp '2024-02-29 12:34:56.123456' AS a, time '12:34:56' AS b"
    plain = schema.read(spark, query=query, preferTimestampNTZ="true")
    assert plain.schema.simpleString() == "struct<a:timestamp_ntz,b:timestamp_ntz>"
    assert plain.collect() == [(_NOON, datetime.datetime(1970, 1, 1, 12, 34, 56))]
    assert schema.read(spark, query=query).schema.simpleString() == "struct<a:timestamp,b:timestamp>"


def test_numbers_that_fit_no_decimal(spark: SparkSession, schema: Schema) -> None:
    for value, reason in (("'NaN'::numeric", "no DECIMAL"), ("1e25::numeric", "numeric field overflow")):
        with pytest.raises(PySparkException, match=reason) as error:
            schema.read(spark, query=f"SELECT {value} AS a").collect()
        assert error.value.getCondition() == "UNBOUNDED_DATABASE"


@pytest.fixture
def people(schema: Schema) -> Schema:
    schema.execute(
        "CREATE TABLE people (id integer PRIMARY KEY, name text, amount numeric(10,2), at timestamptz, day date, "
        "flag boolean)",
        "INSERT INTO people SELECT g, CASE WHEN g % 5 = 0 THEN NULL ELSE 'name' || g END, g * 1.25, "
        "'2024-01-01 00:00:00+00'::timestamptz + g * interval '1 hour', '2024-01-01'::date + g, g % 2 = 0 "
        "FROM generate_series(1, 20) g",
    )
    return schema


PUSHED = [
    ("id = 3", '"id" = 3', 1),
    ("3 < id", '"id" > 3', 17),
    ("id <=> 3", '"id" IS NOT DISTINCT FROM 3', 1),
    ("id <> 3", 'NOT ("id" = 3)', 19),
    ("id IN (1, 2)", '"id" IN (1, 2)', 2),
    ("id BETWEEN 3 AND 5", '("id" >= 3) AND ("id" <= 5)', 3),
    ("name LIKE 'name1%'", "\"name\" LIKE 'name1%'", 9),
    ("name LIKE '%me%'", "\"name\" LIKE '%me%'", 16),
    ("name > 'name5'", '"name" COLLATE "C" > \'name5\'', 4),
    ("name = 'it''s \\\\'", "\"name\" = E'it''s \\\\'", 0),
    ("name IS NULL", '"name" IS NULL', 4),
    ("id = 3 OR name = 'x'", '("id" = 3) OR ("name" = \'x\')', 1),
    ("amount > 3.5", '"amount" > 3.5', 18),
    ("day = '2024-01-03'", "\"day\" = '2024-01-03'::date", 1),
    ("at > timestamp'2024-01-01 03:00:00Z'", "\"at\" > '2024-01-01 03:00:00.000000+00'::timestamptz", 17),
    ("NOT flag", 'NOT ("flag" = TRUE)', 10),
]


@pytest.mark.parametrize(("condition", "sql", "count"), PUSHED, ids=[condition for condition, *_ in PUSHED])
def test_filters_go_into_the_query(
    spark: SparkSession, people: Schema, capsys: pytest.CaptureFixture[str], condition: str, sql: str, count: int
) -> None:
    rows = people.read(spark, dbtable="people").where(condition).select("id")
    assert external_query(rows, capsys) == f'SELECT "id" FROM people WHERE ({sql})'
    assert rows.count() == count
    kept = people.read(spark, dbtable="people", pushDownPredicate="false").where(condition)
    assert " WHERE " not in external_query(kept, capsys)
    assert kept.count() == count


def test_what_else_goes_into_the_query(spark: SparkSession, people: Schema, capsys: pytest.CaptureFixture[str]) -> None:
    table = people.read(spark, dbtable="people")
    some = table.where("id > 3 AND length(name) > 5").select("id")
    assert external_query(some, capsys) == 'SELECT "id", "name" FROM people WHERE ("id" > 3)'
    assert some.count() == 8
    assert external_query(table.select("id").limit(2), capsys) == 'SELECT "id" FROM people LIMIT 2'
    assert external_query(table.where("id > 3").select("id").limit(2), capsys).endswith('("id" > 3) LIMIT 2')
    assert " LIMIT" not in external_query(some.limit(2), capsys)
    assert external_query(table.groupBy().count(), capsys) == 'SELECT 1 AS "none" FROM people'
    numbered = table.selectExpr("id", "row_number() OVER (ORDER BY id DESC) AS place")
    assert "WHERE" not in external_query(numbered.where("id < 3"), capsys)
    assert numbered.where("id = 2").collect() == [(2, 19)]
    assert numbered.limit(1).collect() == [(20, 1)]
    other = spark.range(100).withColumnRenamed("id", "number")
    joined = table.join(other, table.id == other.number).where("id < 4").select("name")
    assert external_query(joined, capsys).endswith('WHERE ("id" < 4)')
    assert sorted(joined.collect()) == [("name1",), ("name2",), ("name3",)]
    assert [row.id for row in table.orderBy(F.desc("id")).limit(2).where("id > 19").collect()] == [20]


def test_parts(spark: SparkSession, people: Schema, capsys: pytest.CaptureFixture[str]) -> None:
    parts = {"partitionColumn": "ID", "lowerBound": 5, "upperBound": 15, "numPartitions": 3}
    frame = people.read(spark, dbtable="people", **parts)
    assert sorted(row.id for row in frame.collect()) == list(range(1, 21))
    frame.explain()
    assert "[numPartitions=3]" in capsys.readouterr().out
    read = external_query(frame.select("id"), capsys)
    assert read == 'SELECT "id" FROM people WHERE ("id" < 8 or "id" is null)'
    by_day = {"partitionColumn": "day", "lowerBound": "2024-01-01", "upperBound": "2024-01-10", "numPartitions": 3}
    assert people.read(spark, dbtable="people", **by_day).count() == 20
    times = {"lowerBound": "2024-01-01 00:00:00", "upperBound": "2024-01-02 00:00:00", "numPartitions": 3}
    assert people.read(spark, dbtable="people", partitionColumn="at", **times).count() == 20
    predicates = spark.read.jdbc(people.url, "people", predicates=["id < 3", "id > 18"], properties=people.access)
    assert [row.id for row in predicates.collect()] == [1, 2, 19, 20]
    by_column = spark.read.jdbc(people.url, "people", "id", 1, 10, 3, properties=people.access)
    assert by_column.count() == 20


def test_custom_schema_and_statements(spark: SparkSession, people: Schema) -> None:
    custom = people.read(spark, dbtable="people", customSchema="ID DECIMAL(38,0), amount INT, nothing STRING")
    assert custom.select("id", "amount").schema.simpleString() == "struct<id:decimal(38,0),amount:int>"
    assert custom.where("id = 3").select("id", "amount").collect() == [(Decimal(3), 3)]
    common = people.read(spark, prepareQuery="WITH c AS (SELECT 1 AS a)", query="SELECT * FROM c;")
    assert common.collect() == [(1,)]
    setting = "SELECT current_setting('search_path') AS a"
    path = people.read(spark, sessionInitStatement="SET jit = off; SET search_path TO pg_catalog;", query=setting)
    assert path.collect() == [("pg_catalog",)]
    slow = people.read(spark, query="SELECT pg_sleep(20)::text AS a", queryTimeout="1")
    with pytest.raises(PySparkException, match="statement timeout"):
        slow.collect()


def test_views_in_sql(spark: SparkSession, people: Schema) -> None:
    options = ", ".join(f"{key} '{value}'" for key, value in people.access.items() if key != "password")
    escaped = PASSWORD.replace("'", "\\'")
    spark.sql(f"CREATE TEMPORARY VIEW v USING jdbc OPTIONS ({options}, password '{escaped}', dbtable 'people')")
    assert spark.sql("SELECT name FROM v WHERE id = 3").collect() == [("name3",)]
    assert PASSWORD not in spark.sql("EXPLAIN SELECT * FROM v").collect()[0][0]


_ALL_OR_NONE = (
    "all or none for the following options: 'partitionColumn', 'lowerBound', 'upperBound', and 'numPartitions'"
)
WRONG: list[tuple[dict[str, str], str | None, str]] = [
    ({}, "_LEGACY_ERROR_TEMP_2079", "Option 'dbtable' or 'query' is required."),
    ({"dbtable": "t", "query": "x"}, "_LEGACY_ERROR_TEMP_2078", "can not be specified at the same time"),
    ({"dbtable": "nope"}, "JDBC_EXTERNAL_ENGINE_SYNTAX_ERROR.DURING_OUTPUT_SCHEMA_RESOLUTION", "FROM nope WHERE 1=0"),
    ({"query": "selec 1"}, "JDBC_EXTERNAL_ENGINE_SYNTAX_ERROR.DURING_OUTPUT_SCHEMA_RESOLUTION", "syntax error"),
    ({"query": "SELECT 1 AS a, 2 AS a"}, "COLUMN_ALREADY_EXISTS", "`a`"),
    ({"dbtable": "people", "partitionColumn": "id"}, None, _ALL_OR_NONE),
    ({"dbtable": "people", "fetchsize": "x"}, None, 'For input string: "x"'),
    (
        {"dbtable": "people", "batchsize": "0"},
        None,
        "Invalid value `0` for parameter `batchsize`. The minimum value is 1.",
    ),
    ({"dbtable": "people", "isolationLevel": "none"}, "_LEGACY_ERROR_TEMP_2081", "`READ_COMMITTED`"),
    ({"dbtable": "people", "pushDownPredicate": "x"}, None, 'For input string: "x"'),
    ({"dbtable": "people", "queryTimeout": "-1"}, None, "Query timeout must be a value greater than or equals to 0."),
    ({"dbtable": "people", "hint": "/*+ x */"}, "HINT_UNSUPPORTED_FOR_JDBC_DIALECT", "PostgresDialect"),
    ({"dbtable": "people", "customSchema": "id INT, ID INT"}, "COLUMN_ALREADY_EXISTS", "`id`"),
    ({"dbtable": "people", "customSchema": "id INTX"}, "UNSUPPORTED_DATATYPE", "INTX"),
    ({"dbtable": "people", "driver": "com.nope.Driver"}, None, "com.nope.Driver"),
    ({"dbtable": "people", "driver": "org.sqlite.JDBC"}, "UNBOUNDED_DATABASE", "No suitable driver"),
    ({"dbtable": "people", "keytab": "/x"}, "UNBOUNDED_NOT_SUPPORTED", "keytab"),
    ({"dbtable": "people", "fooBar": "x"}, "UNBOUNDED_UNKNOWN_OPTION", "foobar"),
    ({"dbtable": "people", "password": "wrong"}, "FAILED_JDBC.CONNECTION", "password authentication failed"),
]


@pytest.mark.parametrize(("options", "condition", "words"), WRONG, ids=[str(options) for options, *_ in WRONG])
def test_errors(
    spark: SparkSession, people: Schema, options: dict[str, str], condition: str | None, words: str
) -> None:
    with pytest.raises(PySparkException) as error:
        people.read(spark, **options).collect()
    assert error.value.getCondition() == condition
    assert words in str(error.value)
    assert PASSWORD not in str(error.value)


PART_ERRORS: list[tuple[dict[str, object], str]] = [
    ({"partitionColumn": "id", "lowerBound": "10", "upperBound": "2"}, "Lower bound: 10; Upper bound: 2"),
    ({"partitionColumn": "id", "lowerBound": "x", "upperBound": "2"}, 'For input string: "x"'),
    ({"partitionColumn": "name", "lowerBound": "1", "upperBound": "2"}, "but string found."),
    ({"partitionColumn": "zz", "lowerBound": "1", "upperBound": "2"}, "partition column zz not found"),
    (
        {"partitionColumn": "day", "lowerBound": "nope", "upperBound": "2024-01-01"},
        "Cannot parse the bound value nope as date",
    ),
]


@pytest.mark.parametrize(("options", "words"), PART_ERRORS, ids=[words for _, words in PART_ERRORS])
def test_errors_about_parts(spark: SparkSession, people: Schema, options: dict[str, object], words: str) -> None:
    with pytest.raises(PySparkException) as error:
        people.read(spark, dbtable="people", numPartitions=2, **options).collect()
    assert words in str(error.value)

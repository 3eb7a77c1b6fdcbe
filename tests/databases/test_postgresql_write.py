"""Writes to PostgreSQL: types, save modes, options, and that a failed write leaves the table as it was."""

from __future__ import annotations

import pytest
from pyspark.errors import PySparkException
from pyspark.sql.connect.dataframe import DataFrame
from pyspark.sql.connect.session import SparkSession

from tests.databases.conftest import Schema
from tests.databases.temporary_server import PASSWORD

EVERY_TYPE = """
SELECT CAST(1 AS TINYINT) ti, CAST(2 AS SMALLINT) sm, 3 i, 4L l, CAST(1.5 AS FLOAT) f, 2.5D d,
  CAST(1.25 AS DECIMAL(10,2)) de, CAST(12345678901234567890123456789012345678 AS DECIMAL(38,0)) big, true b, 'x' s,
  X'DEAD' bi, date'2024-01-02' da, timestamp'2024-01-02 03:04:05.123456' ts, timestamp_ntz'2024-01-02 03:04:05.5' tn,
  array(1, NULL) ai, array('a', NULL) st, array(1.5) ad, array(date'2024-01-01') ada, array(X'AA') ab,
  CAST(NULL AS INT) nu, CAST('c' AS CHAR(5)) ch
"""
CREATED = {
    "ti": "smallint",
    "sm": "smallint",
    "i": "integer",
    "l": "bigint",
    "f": "real",
    "d": "double precision",
    "de": "numeric(10,2)",
    "big": "numeric(38,0)",
    "b": "boolean",
    "s": "text",
    "bi": "bytea",
    "da": "date",
    "ts": "timestamp with time zone",
    "tn": "timestamp without time zone",
    "ai": "integer[]",
    "st": "text[]",
    "ad": "numeric(2,1)[]",
    "ada": "date[]",
    "ab": "bytea[]",
    "nu": "integer",
    "ch": "text",
}


@pytest.fixture
def two(spark: SparkSession) -> DataFrame:
    return spark.createDataFrame([(1, "a"), (2, None)], "id int, name string")


def columns(schema: Schema, table: str) -> dict[object, object]:
    query = "SELECT attname::text, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attnum > 0 AND attrelid = "
    return dict(schema.rows(f"{query}'{table}'::regclass"))


def test_every_type_there_and_back(spark: SparkSession, schema: Schema) -> None:
    frame = spark.sql(EVERY_TYPE)
    schema.write(frame, "t")
    assert columns(schema, "t") == CREATED
    query = "SELECT attname::text FROM pg_attribute WHERE attrelid = 't'::regclass AND NOT attnotnull AND attnum > 0"
    assert schema.rows(query) == [("nu",)]
    kept = schema.read(spark, dbtable="t").drop("tn").collect()
    assert kept == frame.drop("tn").collect()
    assert schema.rows("SELECT tn::text FROM t") == [("2024-01-02 03:04:05.5",)]


def test_modes(spark: SparkSession, schema: Schema, two: DataFrame) -> None:
    schema.write(two, "t", "error")
    with pytest.raises(PySparkException) as error:
        schema.write(two, "t", "error")
    assert error.value.getCondition() == "_LEGACY_ERROR_TEMP_1288"
    assert str(error.value) == "Table or view 't' already exists. SaveMode: ErrorIfExists."
    schema.write(two, "t", "ignore")
    assert schema.rows("SELECT count(*) FROM t") == [(2,)]
    two.write.jdbc(schema.url, "t", "append", schema.access)
    assert schema.rows("SELECT count(*) FROM t") == [(4,)]
    schema.execute("ALTER TABLE t ADD COLUMN extra integer DEFAULT 7")
    schema.write(two, "t", "overwrite", truncate="true")
    assert schema.rows("SELECT * FROM t ORDER BY id") == [(1, "a", 7), (2, None, 7)]
    schema.write(two.select("name"), '"My t"', "overwrite")
    schema.write(two, "t", "overwrite")
    assert columns(schema, "t") == {"id": "integer", "name": "text"}
    assert sorted(schema.rows("SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema")) == [
        ("My t",),
        ("t",),
    ]


def test_a_query_may_read_what_it_overwrites(spark: SparkSession, schema: Schema, two: DataFrame) -> None:
    schema.write(two, "t")
    for options in ({}, {"truncate": "true"}):
        schema.write(schema.read(spark, dbtable="t").selectExpr("id + 10 AS id", "name"), "t", "overwrite", **options)
    assert schema.rows("SELECT * FROM t ORDER BY id") == [(21, "a"), (22, None)]


def test_rows_are_fitted_to_the_table(spark: SparkSession, schema: Schema, two: DataFrame) -> None:
    schema.execute("CREATE TABLE t (id bigint, amount numeric(5,1), at timestamp, u uuid, v varchar(2), j jsonb)")
    schema.write(two.selectExpr("name AS V", "id AS ID", "CAST(1.26 AS DECIMAL(10,2)) AS amount"), "t")
    schema.write(two.selectExpr("5.7D AS id", "timestamp'2024-01-01 10:00:00' AS at"), "t")
    untyped = two.limit(1).selectExpr("'7' AS id", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11' AS u", "'{}' AS j")
    schema.write(untyped, "t", stringtype="unspecified")
    rows = schema.rows("SELECT id, amount::text, at::text, u::text, v, j::text FROM t ORDER BY id, v")
    assert rows == [
        (1, "1.3", None, None, "a", None),
        (2, "1.3", None, None, None, None),
        (6, None, "2024-01-01 10:00:00", None, None, None),
        (6, None, "2024-01-01 10:00:00", None, None, None),
        (7, None, None, "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", None, "{}"),
    ]


def test_options_of_a_new_table(spark: SparkSession, schema: Schema, two: DataFrame) -> None:
    types = {"createTableColumnTypes": "ID BIGINT, name VARCHAR(30)", "createTableOptions": "WITH (fillfactor=50)"}
    schema.write(two, "t", tableComment="it's", isolationLevel="SERIALIZABLE", batchsize="10", **types)
    assert columns(schema, "t") == {"id": "bigint", "name": "character varying(30)"}
    assert schema.rows("SELECT obj_description('t'::regclass), count(*) FROM t") == [("it's", 2)]
    query = "SELECT reloptions::text FROM pg_class WHERE oid = 't'::regclass"
    assert schema.rows(query) == [("{fillfactor=50}",)]


def test_truncate_cascades_only_if_asked(spark: SparkSession, schema: Schema, two: DataFrame) -> None:
    schema.execute("CREATE TABLE t (id integer PRIMARY KEY, name text)", "CREATE TABLE child (id integer REFERENCES t)")
    schema.execute("INSERT INTO t VALUES (5, 'five')", "INSERT INTO child VALUES (5)")
    with pytest.raises(PySparkException, match="cannot truncate a table referenced"):
        schema.write(two, "t", "overwrite", truncate="true")
    assert schema.rows("SELECT id FROM t") == [(5,)]
    schema.write(two, "t", "overwrite", truncate="true", cascadeTruncate="true")
    assert schema.rows("SELECT (SELECT count(*) FROM t), (SELECT count(*) FROM child)") == [(2, 0)]


@pytest.mark.parametrize("options", [{}, {"truncate": "true"}], ids=["dropped", "truncated"])
@pytest.mark.parametrize("mode", ["overwrite", "append"])
def test_a_failed_write_changes_nothing(
    spark: SparkSession, schema: Schema, two: DataFrame, mode: str, options: dict[str, str]
) -> None:
    schema.execute(
        "CREATE TABLE t (id integer, name text CHECK (name <> 'n150000'))", "INSERT INTO t VALUES (7, 'kept')"
    )
    many = spark.range(200_000).selectExpr("CAST(id AS INT) AS id", "CONCAT('n', id) AS name")
    failing = many.selectExpr("id / IF(id = 150000, 0, 1) AS id", "name")
    with pytest.raises(PySparkException) as error:
        schema.write(failing, "t", mode, **options)
    assert error.value.getCondition() == "DIVIDE_BY_ZERO"
    if mode == "append" or options:
        with pytest.raises(PySparkException, match="Nothing was written to t: ERROR: .* violates check constraint"):
            schema.write(many, "t", mode, **options)
    assert schema.rows("SELECT * FROM t") == [(7, "kept")]
    assert schema.rows("SELECT count(*) FROM pg_tables WHERE schemaname = current_schema") == [(1,)]


def test_a_write_that_happens_once(spark: SparkSession, schema: Schema, two: DataFrame) -> None:
    for version in (0, 0, 1, 0):
        schema.write(two, "t", txnAppId="app", txnVersion=version)
    assert schema.rows("SELECT count(*) FROM t") == [(4,)]


def test_upserts(spark: SparkSession, schema: Schema, two: DataFrame) -> None:
    for frame in (two, two.selectExpr("id + 1 AS id", "'new' AS name")):
        schema.write(frame, "t", upsertKeys="ID")
    assert schema.rows("SELECT * FROM t ORDER BY id") == [(1, "a"), (2, "new"), (3, "new")]
    schema.execute("CREATE TABLE keyless (id integer, name text)")
    with pytest.raises(PySparkException, match="ALTER TABLE keyless ADD PRIMARY KEY"):
        schema.write(two, "keyless", upsertKeys="id")


WRONG: list[tuple[str, dict[str, str | None], str | None, str]] = [
    ("SELECT 1 AS a", {"dbtable": None, "query": "SELECT 1"}, None, "Option 'query' is not applicable while writing."),
    ("SELECT 1 AS a", {"dbtable": "(SELECT 1) x"}, None, "must name a table to write to"),
    ("SELECT 1 AS a", {"numPartitions": "0"}, "_LEGACY_ERROR_TEMP_2087", "in table writing via JDBC"),
    ("SELECT 1 AS a", {"isolationLevel": "NONE"}, "UNBOUNDED_NOT_SUPPORTED", "one transaction"),
    ("SELECT 1 AS a", {"createTableColumnTypes": "z INT"}, "_LEGACY_ERROR_TEMP_1171", "column z not found in schema"),
    ("SELECT 1 AS a", {"createTableColumnTypes": "a JSONB"}, "UNSUPPORTED_DATATYPE", "JSONB"),
    ("SELECT 1 AS a", {"createTableOptions": "BOGUS"}, "UNBOUNDED_DATABASE", 'syntax error at or near "BOGUS"'),
    ("SELECT 1 AS a", {"upsertKeys": "b"}, None, "names b, but the rows have a"),
    ("SELECT 1 AS a", {"txnAppId": "b"}, None, "both of the options txnAppId and txnVersion"),
    ("SELECT 1 AS a", {"dbtable": "nowhere.t"}, "UNBOUNDED_DATABASE", 'schema "nowhere" does not exist'),
    ("SELECT map(1, 2) AS a", {}, "_LEGACY_ERROR_TEMP_2082", "Can't get JDBC type for map<int,int>."),
    ("SELECT interval 1 day AS a", {}, "UNSUPPORTED_DATA_TYPE_FOR_DATASOURCE", "INTERVAL DAY"),
    ("SELECT 'a\\u0000b' AS a", {}, "UNBOUNDED_DATABASE", "invalid byte sequence"),
]


@pytest.mark.parametrize(("query", "options", "condition", "words"), WRONG, ids=[words for *_, words in WRONG])
def test_errors(
    spark: SparkSession, schema: Schema, query: str, options: dict[str, str | None], condition: str | None, words: str
) -> None:
    given = {key: value for key, value in {**schema.access, "dbtable": "t", **options}.items() if value is not None}
    with pytest.raises(PySparkException) as error:
        spark.sql(query).write.format("jdbc").mode("append").options(**given).save()
    assert error.value.getCondition() == condition
    assert words in str(error.value)
    assert PASSWORD not in str(error.value)


def test_inserts_into_a_view(spark: SparkSession, schema: Schema) -> None:
    schema.execute("CREATE TABLE t (id integer, name text, extra integer DEFAULT 7)")
    escaped = {key: value.replace("'", "\\'") for key, value in schema.access.items()}
    options = ", ".join(f"{key} '{value}'" for key, value in {**escaped, "dbtable": "t"}.items())
    spark.sql(f"CREATE TEMPORARY VIEW v USING org.apache.spark.sql.jdbc OPTIONS ({options})")
    spark.sql("INSERT INTO TABLE v VALUES (1, 'a', 2)")
    spark.sql("INSERT INTO v (name, id) SELECT 'b', 2")
    spark.sql("INSERT INTO v BY NAME SELECT 3 AS extra, 4 AS id")
    spark.range(1).selectExpr("id + 5", "'c'", "CAST(6 AS TINYINT)").write.insertInto("v")
    assert schema.rows("SELECT * FROM t ORDER BY id") == [(1, "a", 2), (2, "b", None), (4, None, 3), (5, "c", 6)]
    for query, words in (
        ("SELECT 1, 'a'", "Cannot write to `unknown`, the reason is not enough data columns"),
        ("SELECT 'x', 'a', 2", 'Cannot safely cast `id` "STRING" to "INT"'),
    ):
        with pytest.raises(PySparkException) as error:
            spark.sql(f"INSERT INTO v {query}")
        assert words in str(error.value)
    with pytest.raises(PySparkException, match="INSERT OVERWRITE of a view over jdbc"):
        spark.sql("INSERT OVERWRITE v VALUES (1, 'a', 2)")


def test_columns_that_the_table_has_not(spark: SparkSession, schema: Schema, two: DataFrame) -> None:
    schema.write(two, "t")
    with pytest.raises(PySparkException) as error:
        schema.write(two.selectExpr("id", "name", "1 AS zz"), "t")
    assert error.value.getCondition() == "COLUMN_NOT_DEFINED_IN_TABLE"
    assert '"INT" column `zz` is not defined in table `t`' in str(error.value)

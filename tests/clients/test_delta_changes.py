"""UPDATE, DELETE, MERGE and overwrites of a part: what becomes of rows and files, and which files are left alone."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from deltalake import DeltaTable
from pyspark.errors import (
    AnalysisException,
    ArithmeticException,
    PySparkException,
    UnsupportedOperationException,
)
from pyspark.sql.connect.session import SparkSession
from pyspark.sql.functions import col, lit


@pytest.fixture
def table(spark: SparkSession, tmp_path: Path) -> str:
    """A table by path: (1, 'a', x), (2, 'b', x), (3, 'c', y), (NULL, 'n', y), partitioned by the last column."""
    name = f"delta.`{tmp_path}/t`"
    rows = spark.sql("SELECT * FROM VALUES (1, 'a', 'x'), (2, 'b', 'x'), (3, 'c', 'y'), (NULL, 'n', 'y') AS t(a, b, p)")
    rows.coalesce(1).write.format("delta").partitionBy("p").save(f"{tmp_path}/t")
    return name


def rows(spark: SparkSession, table: str) -> list[tuple[object, ...]]:
    return [tuple(row) for row in spark.table(table).orderBy("a", "b", "p").collect()]


def files(tmp_path: Path) -> set[str]:
    return set(DeltaTable(f"{tmp_path}/t").file_uris())


def affected(spark: SparkSession, statement: str) -> tuple[int, ...]:
    return tuple(spark.sql(statement).collect()[0])


def condition(spark: SparkSession, statement: str) -> str | None:
    with pytest.raises(PySparkException) as error:
        spark.sql(statement).collect()
    return error.value.getCondition()


def test_update_rewrites_only_files_with_matches(spark: SparkSession, table: str, tmp_path: Path) -> None:
    before = files(tmp_path)
    assert affected(spark, f"UPDATE {table} SET b = upper(b), a = a * 10 WHERE a = 2") == (1,)
    assert rows(spark, table) == [(None, "n", "y"), (1, "a", "x"), (3, "c", "y"), (20, "B", "x")]
    assert {uri for uri in before if "p=y" in uri} == {uri for uri in files(tmp_path) if "p=y" in uri}
    assert affected(spark, f"UPDATE {table} AS t SET t.p = 'z', b = DEFAULT WHERE t.a IS NULL") == (1,)
    assert rows(spark, table)[0] == (None, None, "z")
    version = DeltaTable(f"{tmp_path}/t").version()
    assert affected(spark, f"UPDATE {table} SET b = 'never' WHERE a > 100") == (0,)
    assert DeltaTable(f"{tmp_path}/t").version() == version


def test_values_are_computed_for_matching_rows_alone(spark: SparkSession, table: str) -> None:
    assert affected(spark, f"UPDATE {table} SET a = 6 / (a - 1) WHERE a <> 1") == (2,)
    assert [row[0] for row in rows(spark, table)] == [None, 1, 3, 6]


def test_what_update_refuses(spark: SparkSession, table: str) -> None:
    for assignments, expected in (
        ("nope = 1", "UNRESOLVED_COLUMN.WITH_SUGGESTION"),
        ("a = 1, A = 2", "DELTA_CONFLICT_SET_COLUMN"),
        ("a = array(1)", "DATATYPE_MISMATCH.CAST_WITHOUT_SUGGESTION"),
        ("a = 300000000000", "CAST_OVERFLOW"),
        ("a = 'text'", "CAST_INVALID_INPUT"),
        ("a = 1 WHERE b IN (SELECT 'a')", "DELTA_UNSUPPORTED_SUBQUERY"),
        ("a = 1 WHERE rand() < 0.5", "DELTA_NON_DETERMINISTIC_FUNCTION_NOT_SUPPORTED"),
        ("a = 1 WHERE a", "DATATYPE_MISMATCH.FILTER_NOT_BOOLEAN"),
    ):
        assert condition(spark, f"UPDATE {table} SET {assignments}") == expected
    assert [row[0] for row in rows(spark, table)] == [None, 1, 2, 3]


def test_delete(spark: SparkSession, table: str, tmp_path: Path) -> None:
    assert affected(spark, f"DELETE FROM {table} WHERE a = 2") == (1,)
    assert affected(spark, f"DELETE FROM {table} AS t WHERE t.p = 'y'") == (2,)
    assert rows(spark, table) == [(1, "a", "x")]
    assert not [uri for uri in files(tmp_path) if "p=y" in uri]
    assert affected(spark, f"DELETE FROM {table} WHERE NULL") == (0,)
    assert affected(spark, f"DELETE FROM {table}") == (1,)
    assert rows(spark, table) == []


def test_merge_takes_the_first_clause_that_applies(spark: SparkSession, table: str) -> None:
    counts = affected(
        spark,
        f"""
        MERGE INTO {table} AS t USING (SELECT * FROM VALUES (1, 'A'), (2, 'B'), (8, 'Y'), (9, 'Z') AS s(a, b)) AS s
        ON t.a = s.a
        WHEN MATCHED AND s.b = 'B' THEN UPDATE SET b = s.b, t.p = 'moved'
        WHEN MATCHED THEN DELETE
        WHEN NOT MATCHED AND s.a > 8 THEN INSERT (a, b) VALUES (s.a, lower(b))
        WHEN NOT MATCHED BY SOURCE AND t.a IS NULL THEN UPDATE SET a = 0
        """,
    )
    assert counts == (4, 2, 1, 1)
    assert rows(spark, table) == [(0, "n", "y"), (2, "B", "moved"), (3, "c", "y"), (9, "z", None)]


def test_merge_of_all_columns(spark: SparkSession, table: str, tmp_path: Path) -> None:
    before = files(tmp_path)
    source = "(SELECT 'x' AS p, 'new' AS B, 2L AS a, 'more' AS extra UNION ALL SELECT 'w', 'in', 7L, NULL)"
    clauses = "WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED BY TARGET THEN INSERT *"
    assert affected(spark, f"MERGE INTO {table} t USING {source} s ON t.a = s.a {clauses}") == (2, 1, 0, 1)
    assert rows(spark, table) == [(None, "n", "y"), (1, "a", "x"), (2, "new", "x"), (3, "c", "y"), (7, "in", "w")]
    assert {uri for uri in before if "p=y" in uri} <= files(tmp_path)
    only_new = f"MERGE INTO {table} t USING {source} s ON t.a = s.a WHEN NOT MATCHED THEN INSERT *"
    assert affected(spark, only_new) == (0, 0, 0, 0)


def test_several_matches(spark: SparkSession, table: str) -> None:
    merge = f"MERGE INTO {table} t USING (SELECT 2 AS a, 1 AS k UNION ALL SELECT 2, 2) s ON t.a = s.a"
    several = "DELTA_MULTIPLE_SOURCE_ROW_MATCHING_TARGET_ROW_IN_MERGE"
    assert condition(spark, f"{merge} WHEN MATCHED THEN UPDATE SET b = 'two'") == several
    assert condition(spark, f"{merge} WHEN MATCHED AND s.k = 1 THEN UPDATE SET b = 'one'") == several
    assert rows(spark, table)[2] == (2, "b", "x")
    assert affected(spark, f"{merge} WHEN MATCHED THEN DELETE") == (1, 0, 1, 0)
    assert [row[0] for row in rows(spark, table)] == [None, 1, 3]


def test_what_merge_refuses(spark: SparkSession, table: str) -> None:
    merge = f"MERGE INTO {table} t USING (SELECT 1 AS a, 'q' AS c) s ON "
    unresolved, matched = "DELTA_MERGE_UNRESOLVED_EXPRESSION", "WHEN MATCHED THEN"
    for rest, expected in (
        (f"t.a = s.nope {matched} DELETE", unresolved),
        (f"t.a = s.a {matched} UPDATE SET *", unresolved),
        ("t.a = s.a WHEN NOT MATCHED THEN INSERT (a) VALUES (t.a)", unresolved),
        ("t.a = s.a WHEN NOT MATCHED BY SOURCE THEN UPDATE SET b = s.c", unresolved),
        ("t.a = s.a WHEN NOT MATCHED THEN INSERT (a, a) VALUES (1, 2)", "DELTA_DUPLICATE_COLUMNS_ON_INSERT"),
        ("t.a = s.a WHEN NOT MATCHED THEN INSERT (a, b) VALUES (1)", "_LEGACY_ERROR_TEMP_0006"),
        (f"a = 1 {matched} DELETE", "AMBIGUOUS_REFERENCE"),
        (f"t.a IN (SELECT 1) {matched} DELETE", "DELTA_UNSUPPORTED_SUBQUERY"),
        (f"rand() > 0 {matched} DELETE", "DELTA_NON_DETERMINISTIC_FUNCTION_NOT_SUPPORTED"),
        ("t.a = s.a", "MERGE_WITHOUT_WHEN"),
        (f"t.a = s.a {matched} DELETE {matched} DELETE", "NON_LAST_MATCHED_CLAUSE_OMIT_CONDITION"),
    ):
        assert condition(spark, merge + rest) == expected
    with pytest.raises(UnsupportedOperationException, match="SCHEMA EVOLUTION"):
        spark.sql(f"MERGE WITH SCHEMA EVOLUTION {merge[6:]}t.a = s.a {matched} DELETE")


def test_merge_of_a_data_frame(spark: SparkSession, table: str) -> None:
    source = spark.sql("SELECT * FROM VALUES (1, 'A', 'x'), (9, 'Z', 'z') AS s(a, b, p)").alias("s")
    spark.sql(f"CREATE OR REPLACE TABLE merged USING delta AS SELECT * FROM {table}")
    merge = source.mergeInto("merged", col("merged.a") == col("s.a"))
    merge = merge.whenMatched(col("s.b") == "A").update({"b": col("s.b")}).whenNotMatched().insertAll()
    merge.whenNotMatchedBySource(col("merged.a") == lit(3)).delete().merge()
    assert rows(spark, "merged") == [(None, "n", "y"), (1, "A", "x"), (2, "b", "x"), (9, "Z", "z")]
    spark.sql("DROP TABLE merged")


def test_other_tables_are_refused_as_in_spark(spark: SparkSession) -> None:
    spark.sql("CREATE TABLE plain_rows (a INT) USING parquet")
    assert condition(spark, "DELETE FROM plain_rows") == "UNSUPPORTED_FEATURE.TABLE_OPERATION"
    assert condition(spark, "UPDATE plain_rows SET a = 1") == "_LEGACY_ERROR_TEMP_2096"
    assert condition(spark, "MERGE INTO plain_rows USING plain_rows AS s ON false WHEN MATCHED THEN DELETE") == (
        "_LEGACY_ERROR_TEMP_2096"
    )
    assert condition(spark, "DELETE FROM not_there") == "TABLE_OR_VIEW_NOT_FOUND"
    spark.sql("DROP TABLE plain_rows")


def test_a_failing_change_leaves_no_file(spark: SparkSession, table: str, tmp_path: Path) -> None:
    before = set((tmp_path / "t").rglob("*.parquet"))
    with pytest.raises(ArithmeticException):
        spark.sql(f"UPDATE {table} SET a = 1 / (a - 1)")
    assert set((tmp_path / "t").rglob("*.parquet")) == before


def test_changes_at_the_same_time_lose_nothing(spark: SparkSession, table: str, tmp_path: Path) -> None:
    """An engine's own commits and those of delta-rs are for the same names."""

    def change(number: int) -> None:
        if number % 3:
            spark.sql(f"UPDATE {table} SET a = a + 1 WHERE p <> 'new'").collect()
        else:
            new = spark.sql(f"SELECT {number} AS a, 'b' AS b, 'new' AS p")
            new.write.format("delta").mode("append").save(f"{tmp_path}/t")

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(change, range(9)))
    assert [row[0] for row in rows(spark, table)] == [None, 0, 3, 6, 7, 8, 9]


def test_tables_that_only_take_rows(spark: SparkSession, tmp_path: Path) -> None:
    properties = "TBLPROPERTIES (delta.appendOnly = true)"
    spark.sql(f"CREATE TABLE only_rows (a INT) USING delta LOCATION '{tmp_path}/o' {properties}")
    spark.sql("INSERT INTO only_rows VALUES (1)")
    assert condition(spark, "DELETE FROM only_rows") == "DELTA_CANNOT_MODIFY_APPEND_ONLY"
    spark.sql("DROP TABLE only_rows")


def test_not_null_columns_keep_their_values(spark: SparkSession, tmp_path: Path) -> None:
    spark.sql(f"CREATE TABLE full_rows (a INT NOT NULL) USING delta LOCATION '{tmp_path}/o'")
    spark.sql("INSERT INTO full_rows VALUES (1)")
    assert condition(spark, "UPDATE full_rows SET a = NULL") == "DELTA_NOT_NULL_CONSTRAINT_VIOLATED"
    assert spark.table("full_rows").collect() == [(1,)]
    spark.sql("DROP TABLE full_rows")


# ---------------------------------------------------------------------------------------------- parts


def test_partitions_are_overwritten(spark: SparkSession, table: str, tmp_path: Path) -> None:
    new = spark.sql("SELECT 5 AS a, 'e' AS b, 'x' AS p")
    new.write.format("delta").mode("overwrite").option("partitionOverwriteMode", "dynamic").save(f"{tmp_path}/t")
    assert rows(spark, table) == [(None, "n", "y"), (3, "c", "y"), (5, "e", "x")]
    spark.sql(f"CREATE TABLE parted USING delta LOCATION '{tmp_path}/t'")
    spark.sql("INSERT OVERWRITE parted PARTITION (p = 'y') VALUES (6, 'f')")
    assert rows(spark, table) == [(5, "e", "x"), (6, "f", "y")]
    new.selectExpr("9 AS a", "b", "'y' AS p").writeTo("parted").overwritePartitions()
    assert rows(spark, table) == [(5, "e", "x"), (9, "e", "y")]
    new.writeTo("parted").overwrite(col("a") == 5)
    assert rows(spark, table) == [(5, "e", "x"), (9, "e", "y")]
    with pytest.raises(AnalysisException, match="DELTA_REPLACE_WHERE_MISMATCH"):
        new.writeTo("parted").overwrite(col("a") == 9)
    spark.sql("DROP TABLE parted")


def test_the_log_says_what_was_done(spark: SparkSession, table: str, tmp_path: Path) -> None:
    spark.sql(f"DELETE FROM {table} WHERE a = 1")
    lines = (tmp_path / f"t/_delta_log/{1:020}.json").read_text().splitlines()
    actions = [json.loads(line) for line in lines]
    assert [next(iter(action)) for action in actions] == ["commitInfo", "remove", "add"]
    info, removed, added = (next(iter(action.values())) for action in actions)
    assert (info["operation"], info["operationMetrics"]["numDeletedRows"]) == ("DELETE", "1")
    assert removed["partitionValues"] == added["partitionValues"] == {"p": "x"}
    assert json.loads(added["stats"]) == {
        "numRecords": 1,
        "minValues": {"a": 2, "b": "b"},
        "maxValues": {"a": 2, "b": "b"},
        "nullCount": {"a": 0, "b": 0},
    }
    assert DeltaTable(f"{tmp_path}/t").history(1)[0]["operation"] == "DELETE"

"""The streaming sink of databases: a batch that comes again changes nothing, wherever the query or the server died."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from pyspark.errors import PySparkException, StreamingQueryException
from pyspark.sql.connect.dataframe import DataFrame
from pyspark.sql.connect.session import SparkSession

from tests.databases.conftest import Schema
from tests.databases.mysql_server import MySqlServer
from tests.databases.temporary_server import PASSWORD
from unbounded.connectors.jdbc.options import read_options
from unbounded.connectors.jdbc.stream_sink import JdbcStreamSink
from unbounded.connectors.jdbc.table_names import table_to_write
from unbounded.connectors.jdbc.tables import NewTable
from unbounded.connectors.jdbc.writer import Existing, JdbcWriter
from unbounded.connectors.streams import OutputMode
from unbounded.errors import SparkError
from unbounded.types.datatypes import LONG, STRING, StructField, StructType

SCHEMA = StructType((StructField("n", LONG), StructField("name", STRING)))
OpenSink = Callable[..., JdbcStreamSink]


def rows(*numbers: int, name: str = "r") -> pa.Table:
    names = pa.array([f"{name}{n}" for n in numbers], pa.string())
    return pa.table({"n": pa.array(numbers, pa.int64()), "name": names})


@pytest.fixture(params=["postgresql", "mysql", "sqlite", "duckdb"])
def access(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    if request.param == "postgresql":
        schema: Schema = request.getfixturevalue("schema")
        return schema.access
    if request.param == "mysql":
        server: MySqlServer = request.getfixturevalue("mysql")
        return server.access
    return {"url": f"jdbc:{request.param}:{tmp_path}/data.db"}


@pytest.fixture
def open_sink(access: dict[str, str]) -> OpenSink:
    """A sink as a new run of the query opens it."""

    def opened(existing: Existing = Existing.APPEND, query_id: str = "q", unique: str = "") -> JdbcStreamSink:
        keys = ("n",) if existing is Existing.UPSERT else ()
        options = read_options({**access, "dbtable": "t"}, "UTC", for_sink=True)
        new_table = NewTable({}, keys=(unique,) if unique else keys)
        return JdbcStreamSink(
            JdbcWriter(options.access, table_to_write("t"), new_table, existing, keys=keys), SCHEMA, query_id
        )

    return opened


@pytest.fixture
def stored(spark: SparkSession, access: dict[str, str]) -> Callable[[], list[tuple[object, ...]]]:
    def read() -> list[tuple[object, ...]]:
        return sorted(map(tuple, spark.read.format("jdbc").options(**access, dbtable="t").load().collect()))

    return read


def test_replayed_batches_count_once(open_sink: OpenSink, stored: Callable[[], list[tuple[object, ...]]]) -> None:
    for batch_id in (0, 0, 1, 0, 1, 2):
        open_sink().write(batch_id, rows(batch_id) if batch_id < 2 else rows(), OutputMode.APPEND)
    assert stored() == [(0, "r0"), (1, "r1")]
    open_sink(query_id="other").write(0, rows(7), OutputMode.APPEND)
    open_sink().write(2, rows(8), OutputMode.APPEND)
    assert stored() == [(0, "r0"), (1, "r1"), (7, "r7")]


def test_update_mode_puts_the_last_row_of_each_key(
    open_sink: OpenSink, stored: Callable[[], list[tuple[object, ...]]]
) -> None:
    twice = pa.concat_tables([rows(1, 2), rows(2, 3, name="late")])
    for batch_id, batch in ((0, twice), (1, rows(1, name="new")), (0, twice)):
        assert open_sink(Existing.UPSERT).write(batch_id, batch, OutputMode.UPDATE) == (4 if batch_id == 0 else 1)
    assert stored() == [(1, "new1"), (2, "late2"), (3, "late3")]
    keyless = pa.table({"n": pa.array([None], pa.int64()), "name": ["x"]})
    with pytest.raises(SparkError, match="the column n of upsertKeys is NULL in a row"):
        open_sink(Existing.UPSERT).write(2, keyless, OutputMode.UPDATE)


def test_complete_mode_replaces_all_rows(open_sink: OpenSink, stored: Callable[[], list[tuple[object, ...]]]) -> None:
    for batch_id, batch in ((0, rows(1, 2)), (1, rows(3)), (0, rows(1, 2))):
        open_sink(Existing.REFILL).write(batch_id, batch, OutputMode.COMPLETE)
    assert stored() == [(3, "r3")]


def test_a_failure_inside_the_write(open_sink: OpenSink, stored: Callable[[], list[tuple[object, ...]]]) -> None:
    """The rows of a batch and its number are there together or not at all."""
    open_sink(unique="n").write(0, rows(0), OutputMode.APPEND)
    for _ in range(2):
        with pytest.raises(SparkError, match="Nothing was written to t: (?s:.*)(unique|UNIQUE|[Dd]uplicate)"):
            open_sink().write(1, rows(5, 6, 0, 7), OutputMode.APPEND)
        assert stored() == [(0, "r0")]
    open_sink().write(1, rows(1), OutputMode.APPEND)
    assert stored() == [(0, "r0"), (1, "r1")]


# ------------------------------------------------------------------------------------------- PostgreSQL goes away


@pytest.fixture
def sink_of(schema: Schema) -> JdbcWriter:
    options = read_options({**schema.access, "dbtable": "t"}, "UTC", for_sink=True)
    return JdbcWriter(options.access, table_to_write("t"), NewTable({}), Existing.APPEND)


def test_a_connection_killed_inside_a_batch(schema: Schema, sink_of: JdbcWriter) -> None:
    sink = JdbcStreamSink(sink_of, SCHEMA, "q")
    sink.write(0, rows(0), OutputMode.APPEND)
    kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'unbounded'"

    def dying() -> Iterator[pa.RecordBatch]:
        yield from rows(1).to_batches()
        schema.rows(kill)
        yield from rows(*range(2, 100_000)).to_batches()

    with pytest.raises(SparkError, match="Nothing was written to t") as error:
        sink_of.write(dying(), rows().schema, SCHEMA)
    assert PASSWORD not in str(error.value)
    assert schema.rows("SELECT n FROM t") == [(0,)]
    for _ in range(2):
        sink.write(1, rows(1), OutputMode.APPEND)
    assert schema.rows("SELECT n FROM t ORDER BY n") == [(0,), (1,)]


def test_a_connection_that_breaks_in_the_commit(schema: Schema, sink_of: JdbcWriter) -> None:
    """Nobody can know whether the rows are there, so the error says neither; the batch that comes again does know."""
    JdbcStreamSink(sink_of, SCHEMA, "q").write(0, rows(0), OutputMode.APPEND)
    schema.execute(
        "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$",
        "CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE FUNCTION die()",
    )
    with pytest.raises(SparkError, match="they may be in t, all or none"):
        JdbcStreamSink(sink_of, SCHEMA, "q").write(1, rows(1), OutputMode.APPEND)
    schema.execute("DROP TRIGGER at_commit ON t")
    for _ in range(2):
        JdbcStreamSink(sink_of, SCHEMA, "q").write(1, rows(1), OutputMode.APPEND)
    assert schema.rows("SELECT n FROM t ORDER BY n") == [(0,), (1,)]


def test_two_runs_of_one_batch_at_once(schema: Schema, sink_of: JdbcWriter) -> None:
    """A run that was given up may still be writing when the next one begins."""
    JdbcStreamSink(sink_of, SCHEMA, "q").write(0, rows(0), OutputMode.APPEND)
    failures: list[BaseException] = []

    def write() -> None:
        try:
            JdbcStreamSink(sink_of, SCHEMA, "q").write(1, rows(*range(50_000)), OutputMode.APPEND)
        except BaseException as error:  # the thread's root
            failures.append(error)

    threads = [threading.Thread(target=write) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert schema.rows("SELECT count(*) FROM t") == [(50_001,)]


# ------------------------------------------------------------------------------------------- whole queries


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "in"
    path.mkdir()
    return path


def numbers(spark: SparkSession, folder: Path) -> DataFrame:
    return spark.readStream.schema("id int, name string").option("maxFilesPerTrigger", 1).csv(str(folder))


def add(folder: Path, name: str, *lines: str) -> None:
    (folder / name).write_text("".join(f"{line}\n" for line in lines))


def test_a_server_that_is_down_during_a_batch(
    spark: SparkSession, schema: Schema, folder: Path, tmp_path: Path
) -> None:
    options = {**schema.access, "dbtable": "t", "checkpointLocation": str(tmp_path / "checkpoint")}
    writer = numbers(spark, folder).writeStream.format("jdbc").options(**options)
    add(folder, "0.csv", "1,a", "2,b")
    query = writer.start()
    query.processAllAvailable()
    schema.server.stop()
    try:
        add(folder, "1.csv", "3,c")
        with pytest.raises(StreamingQueryException, match="Couldn't connect to the database") as error:
            query.awaitTermination()
        assert PASSWORD not in str(error.value)
        with pytest.raises(PySparkException, match="Couldn't connect to the database"):
            writer.start()
    finally:
        schema.server.start()
    add(folder, "2.csv", "4,d")
    writer.trigger(availableNow=True).start().awaitTermination()
    assert schema.rows("SELECT id, name FROM t ORDER BY id") == [(1, "a"), (2, "b"), (3, "c"), (4, "d")]


def test_counts_kept_up_to_date(spark: SparkSession, schema: Schema, folder: Path, tmp_path: Path) -> None:
    for i in range(3):
        add(folder, f"{i}.csv", f"{i},a", f"{i + 10},b" if i else f"{i + 10},c")
    counts = numbers(spark, folder).groupBy("name").count()
    for mode, table, more in (("update", "u", {"upsertKeys": "NAME"}), ("complete", "c", {})):
        options = {**schema.access, "dbtable": table, "checkpointLocation": str(tmp_path / table), **more}
        writer = counts.writeStream.format("jdbc").options(**options).outputMode(mode)
        for _ in range(2):
            writer.trigger(availableNow=True).start().awaitTermination()
        assert schema.rows(f"SELECT name, count FROM {table} ORDER BY 1") == [("a", 3), ("b", 2), ("c", 1)]
    assert schema.rows("SELECT count(*), min(batch_id), max(batch_id) FROM unbounded_batches") == [(2, 2, 2)]


def test_writes_in_foreach_batch_that_happen_once(
    spark: SparkSession, schema: Schema, folder: Path, tmp_path: Path
) -> None:
    access = schema.access
    add(folder, "0.csv", "1,a")
    add(folder, "1.csv", "2,b")

    def write(batch: DataFrame, batch_id: int) -> None:
        once = batch.write.format("jdbc").mode("append").options(**access, dbtable="once")
        for _ in range(2):
            once.options(txnAppId="app", txnVersion=batch_id).save()
        batch.write.jdbc(access["url"], "log", "append", access)

    query = numbers(spark, folder).writeStream.foreachBatch(write).option("checkpointLocation", str(tmp_path / "c"))
    query.trigger(availableNow=True).start().awaitTermination()
    assert schema.rows("SELECT id FROM once ORDER BY id") == [(1,), (2,)]
    assert schema.rows("SELECT id FROM log ORDER BY id") == [(1,), (2,)]


@pytest.mark.parametrize(
    ("mode", "options", "words"),
    [
        ("update", {}, "needs the option upsertKeys"),
        ("append", {"upsertKeys": "id"}, "needs the output mode update"),
        ("update", {"upsertKeys": "x"}, "names x, but the rows have id, name"),
        ("append", {"dbtable": "other"}, "COLUMN_NOT_DEFINED_IN_TABLE"),
        ("append", {"password": "wrong"}, "password authentication failed"),
        ("append", {"query": "SELECT 1"}, "can not be specified at the same time"),
        ("append", {"colour": "red"}, "UNBOUNDED_UNKNOWN_OPTION"),
    ],
    ids=str,
)
def test_what_start_refuses(
    spark: SparkSession,
    schema: Schema,
    folder: Path,
    tmp_path: Path,
    mode: str,
    options: dict[str, str],
    words: str,
) -> None:
    schema.execute("CREATE TABLE other (id integer)")
    given = {**schema.access, "dbtable": "t", "checkpointLocation": str(tmp_path / "c"), **options}
    with pytest.raises(PySparkException) as error:
        numbers(spark, folder).writeStream.format("jdbc").options(**given).outputMode(mode).start()
    assert words in str(error.value)
    assert PASSWORD not in str(error.value)

"""examples/stream_to_database.py with a PostgreSQL server: `foreachBatch` keeps a table up to date."""

from __future__ import annotations

from pathlib import Path

from tests.clients.program import REPOSITORY, Program
from tests.databases.conftest import Schema
from tests.databases.postgresql_server import PASSWORD, USER


def test_a_table_of_postgresql_is_kept_up_to_date(schema: Schema, tmp_path: Path) -> None:
    script = REPOSITORY / "examples" / "stream_to_database.py"
    url = f"{schema.url}&user={USER}&password={PASSWORD}"
    outcome = Program(tmp_path).command("run", str(script), url)
    assert outcome.exit_code == 0, outcome.errors
    rows = schema.rows("SELECT sensor_id, readings, round(average::numeric, 1)::text FROM sensor_averages ORDER BY 1")
    assert rows == [(1, 12, "26.0"), (2, 12, "30.0"), (3, 12, "33.3")]

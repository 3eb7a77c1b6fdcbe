"""Streaming queries over `clicks` with what counts as their result, for every oracle."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from tests.unit.streaming.harness import Story
from unbounded.connectors.streams import OutputMode

WINDOWS = """\
SELECT user, window(at, '5 seconds').start AS w, count(*) AS n FROM clicks GROUP BY user, window(at, '5 seconds')
"""
CHAIN = """\
SELECT v.start AS v, n, s FROM (
  SELECT window(w, '10 seconds') AS v, count(c) AS n, sum(c) AS s
  FROM (SELECT window(at, '5 seconds') AS w, count(*) AS c FROM clicks GROUP BY window(at, '5 seconds'))
  GROUP BY window(w, '10 seconds'))
"""
SESSIONS = """\
SELECT user, w.start AS w, w.end AS e, n FROM (
  SELECT user, session_window(at, '4 seconds') AS w, count(*) AS n
  FROM clicks GROUP BY user, session_window(at, '4 seconds'))
"""
SHORT_STEPS = ("a10 b11 a12", "c22 a15 a22 b21", "d41 c31", "a200", "b300")
"""Rows as `STEPS`, in fewer batches; a user who comes again within the watermark does so in whatever batch."""
STEPS = ("a10 b11 a12", "a15 b21 a13", "c22 a22 b30", "a41", "a90", "a200", "a300")
"""Rows that are never late, however the batches fall; the last ones push everything before them out."""


@dataclass(frozen=True)
class Query:
    """`result` is what must not depend on batches: of the rows that all batches gave, by batch id.

    `depends_on_batches`: nevertheless the batches decide which rows there are, as in Spark.
    """

    sql: str
    mode: OutputMode
    of_batches: Callable[[dict[int, list[str]]], object]
    is_distinct: bool = False
    delay_s: int = 10
    is_distinct_within: bool = False
    depends_on_batches: bool = False

    def result(self, story: Story) -> object:
        return self.of_batches(story.sink.batches)

    def of_rows(self, rows: list[str]) -> object:
        """Of a batch query's rows."""
        return self.of_batches({0: rows})


def all_rows(batches: dict[int, list[str]]) -> Counter[str]:
    """Of everything that was ever given, without the last two times: a new run evicts with its next data only."""
    rows = (row for batch in batches.values() for row in batch)
    return Counter(row for row in rows if "00:03:20" not in row and "00:05:00" not in row)


def last_rows(batches: dict[int, list[str]]) -> list[str]:
    return sorted(batches[max(batches)])


def last_values(batches: dict[int, list[str]]) -> dict[str, str]:
    """The newest row by everything before its last column."""
    rows = [row for _, batch in sorted(batches.items()) for row in batch]
    return {row.rpartition(" ")[0]: row.rpartition(" ")[2] for row in rows}


QUERIES = {
    "stateless": Query("SELECT user, at FROM clicks WHERE user <> 'b'", OutputMode.APPEND, all_rows),
    "append": Query(WINDOWS, OutputMode.APPEND, all_rows),
    "update": Query(WINDOWS, OutputMode.UPDATE, last_values),
    "complete": Query(WINDOWS, OutputMode.COMPLETE, last_rows),
    "global": Query("SELECT count(*) AS n, max(at) AS m FROM clicks", OutputMode.COMPLETE, last_rows),
    "chain": Query(CHAIN, OutputMode.APPEND, all_rows),
    "sessions": Query(SESSIONS, OutputMode.APPEND, all_rows),
    "all sessions": Query(SESSIONS, OutputMode.COMPLETE, last_rows),
    "duplicates": Query("SELECT user, at FROM clicks", OutputMode.APPEND, all_rows, is_distinct=True),
    "duplicates within": Query(
        "SELECT user, at FROM clicks", OutputMode.APPEND, all_rows, is_distinct_within=True, depends_on_batches=True
    ),
    "limit": Query("SELECT user, at FROM clicks LIMIT 5", OutputMode.APPEND, all_rows, depends_on_batches=True),
    "join": Query("SELECT * FROM clicks LEFT JOIN people USING (user)", OutputMode.APPEND, all_rows),
}

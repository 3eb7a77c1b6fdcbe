"""What a query says of itself: status, plan, failure."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from tests.unit.streaming.harness import Story, running
from unbounded.cancellation import Cancellation
from unbounded.connectors.streams import OutputMode
from unbounded.errors import ErrorKind, SparkError
from unbounded.streaming.query import StreamingQuery, failure_sentence
from unbounded.streaming.runner import Schedule

WINDOWS = "SELECT window(at, '5 seconds') AS w, count(*) AS n FROM clicks GROUP BY window(at, '5 seconds')"

PLAN = """\
== Physical Plan ==
Project [window AS w, count(1) AS n]
+- StateStoreSave [window], [count], state [opId = 0], Append
   +- Aggregate [window], [window, partial_count(1) AS count]
      +- Project [user, at, tumbling_window(at, 5000000, 5000000, 0) AS window]
         +- Filter (at IS NOT NULL)
            +- SubqueryAlias clicks
               +- MicroBatchScan Clicks [user, at]
"""

FAILURE = """\
[STREAM_FAILED] Query [id = q, runId = r] terminated with exception: [DIVIDE_BY_ZERO] Division by zero. Use \
`try_divide` to tolerate divisor being 0 and return NULL instead. If necessary set "spark.sql.ansi.enabled" to \
"false" to bypass this error. SQLSTATE: 22012 SQLSTATE: XXKST
=== Streaming Query ===
Identifier: [id = q, runId = r]
Current Committed Offsets: {}
Current Available Offsets: {Clicks: 2}

Current State: ACTIVE
Thread State: RUNNABLE

Logical Plan:
"""


def ended(story: Story) -> StreamingQuery:
    """A run that ends when nothing is left to do."""
    query = running(story, Schedule(ends_when_idle=True))
    with suppress(SparkError):
        query.await_termination(Cancellation(), timeout_us=None)
    return query


def test_a_plan_is_shown_once_a_batch_is_planned(tmp_path: Path) -> None:
    story = Story(WINDOWS, tmp_path, OutputMode.APPEND)
    assert ended(story).explain(is_extended=False) == "No physical plan. Waiting for data."


def test_a_plan_names_operators_and_sources(tmp_path: Path) -> None:
    story = Story(WINDOWS, tmp_path, OutputMode.APPEND)
    story.add_times("a1 b2")
    query = ended(story)
    assert query.explain(is_extended=False) == PLAN
    assert query.explain(is_extended=True).startswith("== Analyzed Logical Plan ==\n")
    assert query.explain(is_extended=True).endswith("\n" + PLAN)


def test_a_failure_tells_where_the_query_was(tmp_path: Path) -> None:
    story = Story("SELECT 1 / (length(user) - 1) AS q FROM clicks", tmp_path, OutputMode.APPEND)
    story.add_times("a1 b2")
    query = ended(story)
    assert query.failure is not None
    assert query.failure.message.startswith(FAILURE)
    assert query.message.startswith("Terminated with exception: [DIVIDE_BY_ZERO] Division by zero.")
    assert not query.has_new_data


def test_a_stopped_query_says_so(tmp_path: Path) -> None:
    story = Story(WINDOWS, tmp_path, OutputMode.APPEND)
    query = running(story, Schedule())
    query.process_all_available(Cancellation())
    assert query.message == "Waiting for data to arrive"
    query.stop()
    assert (query.message, query.is_trigger_active) == ("Stopped", False)


def test_with_an_interval_a_query_waits_for_its_trigger(tmp_path: Path) -> None:
    story = Story(WINDOWS, tmp_path, OutputMode.APPEND)
    query = running(story, Schedule(interval_us=1_000))
    query.process_all_available(Cancellation())
    assert query.message in ("Waiting for next trigger", "Getting offsets from Clicks")
    query.stop()


def test_a_failing_python_function_is_named_as_by_spark() -> None:
    failure = SparkError(ErrorKind.PYTHON, "", {"message": "Traceback …\nValueError: boom\n"})
    assert failure_sentence(failure) == (
        "[PYTHON_EXCEPTION] An exception was thrown from the Python worker: Traceback …\nValueError: boom\n"
        " SQLSTATE: 38000"
    )

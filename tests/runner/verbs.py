"""Every verb of the `.case` format with its one-line meaning; at most 20. A verb maps a block to result lines."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from pyspark.sql import SparkSession
from pyspark.sql.connect.dataframe import DataFrame as ConnectDataFrame

from tests.runner.python_body import evaluate, python_scope
from tests.runner.rendering import render_dataframe, render_error, text_lines
from tests.runner.story_verbs import Stories
from tests.runner.views import view_query


class CaseBodyError(Exception):
    """A block whose body does not suit its verb."""


@dataclass(frozen=True, slots=True)
class Run:
    """What a verb sees: the client session, the file's own directory and stories, the verb's argument and its body."""

    spark: SparkSession
    directory: Path
    stories: Stories
    argument: str
    body: str

    @property
    def ordered(self) -> bool:
        return self.argument == "ordered"


def run_view(run: Run) -> list[str]:
    name, _, columns = run.argument.partition("(")
    rows = [line.rstrip(",") for line in text_lines(run.body)]
    run.spark.sql(view_query(columns.rstrip().removesuffix(")"), rows)).createOrReplaceTempView(name.strip())
    return []


def run_file(run: Run) -> list[str]:
    path = run.directory / run.argument
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(run.body + "\n" if run.body else "", encoding="utf-8")
    return []


def run_sql(run: Run) -> list[str]:
    return render_dataframe(run.spark.sql(run.body), ordered=run.ordered)


def run_dataframe(run: Run) -> list[str]:
    value = evaluate(run.body, python_scope(run.spark, str(run.directory)))
    if not isinstance(value, ConnectDataFrame):
        raise CaseBodyError(f"the last statement gives {type(value).__name__}, not a DataFrame")
    return render_dataframe(value, ordered=run.ordered)


def run_show(run: Run) -> list[str]:
    printed = io.StringIO()
    with redirect_stdout(printed):
        value = evaluate(run.body, python_scope(run.spark, str(run.directory)))
    added = [] if value is None or isinstance(value, ConnectDataFrame) else repr(value).split("\n")
    return [*text_lines(printed.getvalue()), *added]


def run_error(run: Run) -> list[str]:
    try:
        with redirect_stdout(io.StringIO()):
            _provoke(run)
    except Exception as error:
        return render_error(error)
    return ["no error"]


def _provoke(run: Run) -> None:
    if run.argument == "sql":
        run.spark.sql(run.body).collect()
    else:
        evaluate(run.body, python_scope(run.spark, str(run.directory)))


def run_set(run: Run) -> list[str]:
    key, _, value = run.argument.partition(" ")
    if value:
        run.spark.conf.set(key, value)
    else:
        run.spark.conf.unset(key)
    return []


def of_stories(tell: Callable[[Stories, str, str], list[str]]) -> Callable[[Run], list[str]]:
    return lambda run: tell(run.stories, run.argument, run.body)


@dataclass(frozen=True, slots=True)
class Verb:
    meaning: str
    run: Callable[[Run], list[str]]


VERBS: dict[str, Verb] = {
    "view": Verb("`view NAME (columns)`: a temporary view; a line is one SQL tuple of literals", run_view),
    "file": Verb("`file NAME`: the body becomes this file in the case's directory `{dir}`", run_file),
    "sql": Verb("`sql [ordered]`: schema and table of one SQL text; rows sorted unless `ordered`", run_sql),
    "dataframe": Verb("`dataframe [ordered]`: the same for Python whose last statement is a DataFrame", run_dataframe),
    "show": Verb("`show`: what the Python body prints, then the repr of its last value", run_show),
    "error": Verb("`error [sql]`: the error that the Python body (or the SQL text, collected) raises", run_error),
    "set": Verb("`set KEY [VALUE]`: a session setting for the blocks below; without a value it is unset", run_set),
    "source": Verb(
        "`source NAME (columns) [option=…]`: a folder that stories read; the body is a select list. "
        "`source NAME format=… [option=…]`: another source",
        of_stories(Stories.declare),
    ),
    "stream": Verb(
        "`stream MODE [trigger=…] [sink=…] [option=…]`: begins a story with this query", of_stories(Stories.begin)
    ),
    "add": Verb("`add`: rows for a query that is not running", of_stories(Stories.add)),
    "step": Verb(
        "`step`: adds rows, one file a source; the batches that the query then runs", of_stories(Stories.step)
    ),
    "restart": Verb("`restart [trigger=…]`: stops, adds rows, starts; the batches", of_stories(Stories.restart)),
    "crash": Verb(
        "`crash before=FILE`: the query is killed before it writes this file of its checkpoint",
        of_stories(Stories.crash),
    ),
    "fault": Verb(
        "`fault FILE`: stops; the file of the checkpoint becomes the body, without one it is lost",
        of_stories(Stories.fault),
    ),
    "state": Verb("`state [OPERATOR]`: the rows of an operator's state, keys first", of_stories(Stories.state)),
    "files": Verb("`files`: the offset and commit logs of the checkpoint", of_stories(Stories.files)),
    "progress": Verb("`progress`: what else the progress of this run's batches says", of_stories(Stories.progress)),
}

"""`unbounded run` beside `python`: output, exit codes, tracebacks, Ctrl-C, and engines that end with their programs."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.clients.program import Outcome, Program

SPARK = """\
from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("App").master("local[*]").getOrCreate()
"""


def run_by_python(program: Program, *arguments: str) -> Outcome:
    """What `python app.py` makes of the script that `program` has written."""
    process = subprocess.run(
        [sys.executable, "app.py", *arguments], cwd=program.directory, capture_output=True, text=True, check=False
    )
    return Outcome(process.returncode, process.stdout, process.stderr)


SAME_AS_PYTHON = {
    "arguments": "import sys; print(sys.argv, sys.path[0] == sys.path[0], __name__, __file__)",
    "exit code": "import sys; print('out'); sys.exit(3)",
    "exit message": "import sys; sys.exit('no good')",
    "exit without a code": "raise SystemExit",
    "exception": "def f():\n    raise ValueError('no')\nprint('before')\nf()",
    "exception with a cause": "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    raise KeyError('x') from e",
    "syntax error": "print('never')\nx = = 1",
    "hook of its own": "import sys\nsys.excepthook = lambda k, v, t: print('caught', k.__name__, t.tb_lineno)\n1 / 0",
    "exit hook": "import atexit\natexit.register(print, 'bye')\nprint('hello')",
    "pickles of main": "import pickle\nclass A: pass\nprint(type(pickle.loads(pickle.dumps(A()))).__module__)",
    "thread": "import threading\nthreading.Thread(target=print, args=('from a thread',)).start()",
}


@pytest.mark.parametrize("text", SAME_AS_PYTHON.values(), ids=SAME_AS_PYTHON)
def test_a_script_does_what_it_does_under_python(program: Program, text: str) -> None:
    assert program.run(text, "--flag", "a b") == run_by_python(program, "--flag", "a b")


def test_a_program_for_a_spark_of_its_own(program: Program) -> None:
    program.write("NAME = 'from beside the script'", "beside.py")
    outcome = program.run(
        """
        from pyspark import RDD, SparkContext
        from pyspark.sql import SparkSession
        import beside

        spark = (
            SparkSession.builder.appName("App")
            .master("local[*]")
            .config("spark.jars.packages", "org.apache.spark:spark-sql-kafka-0-10_2.13:4.0.1")
            .config("spark.driver.bindAddress", "127.0.0.1")
            .getOrCreate()
        )
        spark.range(2).show()
        print(spark.conf.get("spark.app.name"), beside.NAME, spark.sparkContext is SparkContext.getOrCreate())
        print(spark.createDataFrame(spark.sparkContext.parallelize([(1, "a")]), ["n", "s"]).collect())
        """,
        MASTER="local[2]",
    )
    assert outcome == Outcome(
        0,
        "+---+\n| id|\n+---+\n|  0|\n|  1|\n+---+\n\nApp from beside the script True\n[Row(n=1, s='a')]\n",
        "",
    )


def test_a_missing_script(program: Program) -> None:
    outcome = program.command("run", "nothing.py")
    assert outcome == Outcome(2, "", "unbounded: can't open file 'nothing.py': [Errno 2] No such file or directory\n")


def test_an_uncaught_error_of_spark_shows_the_script_s_line_first(program: Program) -> None:
    outcome = program.run(SPARK + "spark.table('nope').show()")
    assert outcome.exit_code == 1
    script = program.directory / "app.py"
    assert outcome.errors.startswith(f'Traceback (most recent call last):\n  File "{script}", line 3, in <module>\n')
    assert "AnalysisException: [TABLE_OR_VIEW_NOT_FOUND]" in outcome.errors
    assert "unbounded/embed/script.py" not in outcome.errors


def test_ctrl_c_reaches_the_script_as_under_python(program: Program) -> None:
    program.write(SPARK + "rows = spark.range(10**11).toLocalIterator()\nprint(next(rows), flush=True)\nlist(rows)")
    process = program.start("run", "app.py")
    assert process.stdout is not None
    assert process.stdout.readline() == "Row(id=0)\n"
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == -signal.SIGINT
    assert errors.splitlines()[-1] == "KeyboardInterrupt"
    assert re.search(r'app\.py", line [45], in <module>', errors), "in the list, or still in the print before it"
    assert "unbounded/embed/script.py" not in errors


def test_a_program_can_catch_ctrl_c_and_go_on(program: Program) -> None:
    program.write(
        SPARK
        + ENGINE_ID
        + """\
def read(rows):
    next(rows)
    os.kill(engine_id, signal.SIGINT)
    os.killpg(0, signal.SIGINT)
    list(rows)
try:
    read(spark.range(10**11).toLocalIterator())
except KeyboardInterrupt:
    print("caught")
print(spark.range(3).collect()[-1])
"""
    )
    assert program.command("run", "app.py") == Outcome(0, "caught\nRow(id=2)\n", "")


ENGINE_ID = """\
import os, signal
engine_id = int(open(f"/proc/self/task/{os.getpid()}/children").read().split()[0])
spark.range(1).collect()
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_the_engine_goes_with_a_killed_program(program: Program, number: signal.Signals) -> None:
    program.write(SPARK + ENGINE_ID + "print(engine_id, flush=True)\ninput()")
    process = subprocess.Popen(
        [sys.executable, "-m", "unbounded", "run", "app.py"],
        cwd=program.directory,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert process.stdout is not None
    engine_id = int(process.stdout.readline())
    engine = os.pidfd_open(engine_id)
    process.send_signal(number)
    process.wait(30)
    ended, _, _ = select.select([engine], [], [], 30)
    assert ended == [engine]


def test_a_program_whose_engine_is_killed_fails_at_once(program: Program) -> None:
    outcome = program.run(SPARK + ENGINE_ID + "os.kill(engine_id, signal.SIGKILL)\nspark.range(1).collect()")
    assert outcome.exit_code == 1
    assert "UNAVAILABLE" in outcome.errors


def test_the_same_script_on_another_server(program: Program, engine_url: str) -> None:
    program.write(SPARK + "print(len(spark.range(3).collect()))")
    assert program.command("run", "--remote", engine_url, "app.py") == Outcome(0, "3\n", "")


def test_one_statement(program: Program) -> None:
    outcome = program.command("sql", "SELECT 1 AS one, 'x' AS letter")
    assert outcome == Outcome(0, "+---+------+\n|one|letter|\n+---+------+\n|1  |x     |\n+---+------+\n\n", "")


def test_one_bad_statement(program: Program) -> None:
    outcome = program.command("sql", "SELECT * FROM nope")
    assert outcome.exit_code == 1
    assert outcome.errors.startswith("[TABLE_OR_VIEW_NOT_FOUND]")


def test_settings_of_the_engine_and_its_sessions(program: Program) -> None:
    script = """
    from pyspark.sql import SparkSession
    print(SparkSession.builder.getOrCreate().conf.get("spark.sql.shuffle.partitions"))
    """
    program.write(script)
    arguments = ("--conf", "spark.sql.shuffle.partitions=8", "--conf", "unbounded.duckdb.threads=1")
    assert program.command("run", *arguments, "app.py") == Outcome(0, "8\n", "")


@pytest.mark.parametrize("setting", ["no_sign", "=value"])
def test_a_setting_without_key_or_sign_is_refused(program: Program, setting: str) -> None:
    outcome = program.command("run", "--conf", setting, "app.py")
    assert outcome.exit_code == 2
    assert f"'{setting}' is not KEY=VALUE" in outcome.errors


def test_an_engine_setting_that_there_is_not_is_named(program: Program) -> None:
    outcome = program.command("server", "--port", "0", "--conf", "unbounded.duckdb.nonsense=1")
    assert outcome.exit_code == 2
    assert outcome.errors.startswith("unbounded: the setting unbounded.duckdb.nonsense=1 cannot be used:")

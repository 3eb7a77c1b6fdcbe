"""Jobs and their workers: laziness, keeping, failures, interruption, and that nothing is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, NoReturn

import pytest

from unbounded.rdd import AccumulatorParam, SparkContext
from unbounded.rdd.errors import PySparkRuntimeError, PythonException, SparkException


def noting(path: Path) -> Any:
    """A function that leaves one line in a file for each call."""

    def note(element: Any) -> Any:
        with path.open("a") as stream:
            stream.write(f"{element}\n")
        return element

    return note


def calls(path: Path) -> list[str]:
    return sorted(path.read_text().split()) if path.exists() else []


def test_nothing_is_computed_before_an_action(sc: SparkContext, tmp_path: Path) -> None:
    rdd = sc.parallelize([1, 2, 3], 3).map(noting(tmp_path / "calls"))
    assert calls(tmp_path / "calls") == []
    assert rdd.take(1) == [1]
    assert calls(tmp_path / "calls") == ["1"]


def test_lineage_is_computed_again_unless_kept(sc: SparkContext, tmp_path: Path) -> None:
    rdd = sc.parallelize([1, 2], 2).map(noting(tmp_path / "calls"))
    assert (rdd.count(), rdd.count()) == (2, 2)
    assert calls(tmp_path / "calls") == ["1", "1", "2", "2"]
    rdd.cache()
    assert (rdd.collect(), rdd.map(str).collect()) == ([1, 2], ["1", "2"])
    assert calls(tmp_path / "calls") == ["1", "1", "1", "2", "2", "2"]
    rdd.unpersist()
    assert rdd.collect() == [1, 2]
    assert len(calls(tmp_path / "calls")) == 8


def test_a_shuffle_is_written_once(sc: SparkContext, tmp_path: Path) -> None:
    sums = sc.parallelize([(1, 1), (1, 2)], 2).map(noting(tmp_path / "calls")).reduceByKey(lambda a, b: a + b)
    assert [sums.collect(), sums.mapValues(str).collect()] == [[(1, 3)], [(1, "3")]]
    assert len((tmp_path / "calls").read_text().splitlines()) == 2


def test_a_function_is_pickled_once_with_what_it_sees_then(sc: SparkContext) -> None:
    step = 1
    rdd = sc.parallelize([1]).map(lambda x: x + step)
    assert rdd.collect() == [2]
    step = 5
    assert rdd.collect() == [2]
    assert rdd.map(lambda x: x).collect() == [6]


def test_checkpoint_is_complete_after_the_first_job(sc: SparkContext, tmp_path: Path) -> None:
    rdd = sc.parallelize([1, 2, 3], 2).map(noting(tmp_path / "calls"))
    with pytest.raises(SparkException, match="Checkpoint directory has not been set in the SparkContext"):
        rdd.checkpoint()
    sc.setCheckpointDir(str(tmp_path / "checkpoints"))
    rdd.checkpoint()
    assert not rdd.isCheckpointed()
    assert rdd.take(1) == [1]
    assert rdd.isCheckpointed()
    assert (rdd.getCheckpointFile() or "").startswith(f"file:{tmp_path}/checkpoints/")
    assert rdd.collect() == [1, 2, 3]
    assert calls(tmp_path / "calls") == ["1", "2", "3"]


def test_a_failure_shows_the_line_of_the_program_and_keeps_the_error(sc: SparkContext) -> None:
    with pytest.raises(PythonException) as caught:
        sc.parallelize([1, 0], 2).map(lambda x: 1 // x).collect()
    text = str(caught.value)
    assert text.startswith("[PYTHON_EXCEPTION] An exception was thrown from the Python worker: Traceback")
    assert "map(lambda x: 1 // x)" in text
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    assert sc.parallelize([1], 1).map(str).collect() == ["1"]


class Unpicklable(Exception):
    """An error that cannot travel."""

    def __reduce__(self) -> NoReturn:
        raise TypeError("no")


def raise_unpicklable(_element: int) -> NoReturn:
    raise Unpicklable("told by the traceback")


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (raise_unpicklable, "Unpicklable: told by the traceback"),
        (lambda _: next(iter(())), "STOP_ITERATION_OCCURRED"),
        (lambda x: (y for y in [x]), "cannot pickle 'generator' object"),
    ],
)
def test_failures_that_are_hard_to_tell(sc: SparkContext, function: Any, text: str) -> None:
    with pytest.raises(PythonException, match=text):
        sc.parallelize([1], 1).map(function).collect()


def test_a_worker_that_ends_is_noticed(sc: SparkContext) -> None:
    with pytest.raises(SparkException, match=r"Python worker exited unexpectedly \(crashed\): exit code 7"):
        sc.parallelize([7], 1).foreach(os._exit)
    assert sc.parallelize([1], 1).map(str).collect() == ["1"]


def interrupt_driver(path: str) -> None:
    Path(path).write_text(str(os.getpid()))
    os.kill(os.getppid(), signal.SIGINT)
    signal.pause()


def test_interruption_ends_the_running_workers(sc: SparkContext, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        sc.parallelize([str(tmp_path / "pid")], 1).foreach(interrupt_driver)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)
    assert sc.parallelize([1], 1).map(str).collect() == ["1"]


def report_and_wait(path: str) -> None:
    Path(path).write_text("ready")
    signal.pause()


def test_an_interruption_that_strikes_another_thread_ends_the_job_too(sc: SparkContext, tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    os.mkfifo(ready)

    def strike() -> None:
        ready.read_text()
        signal.pthread_kill(threading.get_ident(), signal.SIGINT)

    thread = threading.Thread(target=strike)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        sc.parallelize([str(ready)], 1).foreach(report_and_wait)
    thread.join()


def run_script(path: Path, text: str) -> subprocess.CompletedProcess[str]:
    """Runs a program until it and all processes that hold its error output have ended."""
    path.write_text(text)
    root = Path(__file__).parents[3]
    environment = {**os.environ, "PYTHONPATH": str(root), "TMPDIR": str(path.parent)}
    command = [sys.executable, str(path)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment, check=False)


def test_a_program_of_its_own_ships_its_functions_and_classes(tmp_path: Path) -> None:
    (tmp_path / "beside.py").write_text("def shout(text):\n    return text.upper()\n")
    script = """
import beside
from dataclasses import dataclass
from unbounded.rdd import SparkContext

@dataclass(frozen=True)
class Word:
    text: str

def to_word(text):
    print("seen", text)
    return Word(beside.shout(text))

sc = SparkContext.getOrCreate()
words = sc.parallelize(["hello world", "how are you"]).flatMap(lambda s: s.split(" ")).map(to_word)
print(words.collect() == [Word(w) for w in "HELLO WORLD HOW ARE YOU".split()])
print(words.map(lambda w: (w.text[0], 1)).reduceByKey(lambda a, b: a + b).count())
"""
    done = run_script(tmp_path / "program.py", script)
    assert (done.stdout, done.returncode) == ("True\n4\n", 0)
    assert "seen hello" in done.stderr
    assert list(tmp_path.glob("unbounded-rdd-*")) == []


def test_no_worker_outlives_a_killed_program(tmp_path: Path) -> None:
    script = """
import os, signal
from unbounded.rdd import SparkContext

def kill_driver(_):
    os.kill(os.getppid(), signal.SIGKILL)
    signal.pause()

SparkContext("local[2]", "killed").parallelize([1, 2], 2).foreach(kill_driver)
"""
    assert run_script(tmp_path / "program.py", script).returncode == -signal.SIGKILL


def test_workers_are_not_the_driver(sc: SparkContext) -> None:
    workers = set(sc.parallelize(range(8), 8).map(lambda _: os.getpid()).collect())
    assert os.getpid() not in workers
    assert len(workers) <= 2


def test_a_set_of_strings_has_the_order_of_hash_seed_zero(sc: SparkContext) -> None:
    assert sc.parallelize([1], 1).flatMap(lambda _: {"a", "b", "c", "d"}).collect() == ["d", "c", "a", "b"]


@pytest.mark.parametrize(
    ("command", "elements", "text"),
    [("false", [1], "Pipe function `false` exited with error code 1"), ("cat", [1, 0], "ZeroDivisionError")],
)
def test_pipe_tells_failures(sc: SparkContext, command: str, elements: list[int], text: str) -> None:
    with pytest.raises(PythonException, match=text):
        sc.parallelize(elements, 1).map(lambda x: 1 // x).pipe(command, checkCode=True).collect()


def test_pipe_ends_a_program_nobody_reads_any_more(sc: SparkContext) -> None:
    assert sc.parallelize([1], 1).pipe("yes").take(2) == ["y", "y"]


class Union(AccumulatorParam[set[int]]):
    """Sets, added by union."""

    def zero(self, value: set[int]) -> set[int]:
        return set()

    def addInPlace(self, value1: set[int], value2: set[int]) -> set[int]:
        return value1 | value2


def test_accumulators_count_in_results_and_in_shuffles(sc: SparkContext) -> None:
    total, seen = sc.accumulator(1.5), sc.accumulator({0}, Union())

    def note(x: int) -> tuple[int, int]:
        total.add(x)
        seen.add({x})
        return x % 2, x

    assert sc.parallelize([1, 2, 3], 2).map(note).reduceByKey(lambda a, b: a + b).collect() == [(0, 2), (1, 4)]
    assert (total.value, seen.value) == (7.5, {0, 1, 2, 3})
    with pytest.raises(PythonException, match=r"VALUE_NOT_ACCESSIBLE.*Accumulator\.value"):
        sc.parallelize([1], 1).map(lambda _: total.value).collect()


def test_broadcast_is_a_copy_and_can_be_destroyed(sc: SparkContext) -> None:
    given = [1]
    shared = sc.broadcast(given)
    given.append(2)
    assert shared.value == [1]
    assert sc.parallelize([0], 1).map(lambda place: shared.value[place]).collect() == [1]
    shared.destroy()
    with pytest.raises(Exception, match="Attempted to use Broadcast"):
        sc.parallelize([0], 1).map(lambda place: shared.value[place]).collect()


def test_a_stopped_context_refuses(tmp_path: Path) -> None:
    script = """
from unbounded.rdd import SparkContext
with SparkContext("local[1]", "first") as sc:
    rdd = sc.parallelize([1])
    assert SparkContext.getOrCreate() is sc
try:
    rdd.collect()
except RuntimeError as error:
    print(error)
print(SparkContext.getOrCreate())
try:
    SparkContext("local", "second")
except ValueError as error:
    print(str(error).partition(" created by ")[0])
"""
    assert run_script(tmp_path / "program.py", script).stdout.splitlines() == [
        "Cannot call methods on a stopped SparkContext.",
        "<SparkContext master=local[*] appName=pyspark-shell>",
        "Cannot run multiple SparkContexts at once; existing SparkContext(app=pyspark-shell, master=local[*])",
    ]


def test_to_df_asks_the_registered_factory(sc: SparkContext, monkeypatch: pytest.MonkeyPatch) -> None:
    rdd = sc.parallelize([(1, "a")])
    with pytest.raises(PySparkRuntimeError, match="CALL_BEFORE_INITIALIZE"):
        rdd.toDF(["n", "s"])
    monkeypatch.setattr(SparkContext, "data_frame_factory", lambda rdd, schema, ratio: (rdd.collect(), schema, ratio))
    assert rdd.toDF(["n", "s"]) == ([(1, "a")], ["n", "s"], None)

"""Every case of `tests/cases/rdd` gives the answer recorded from Apache Spark 4.2 with master local[2]."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.rdd.rdd_cases import Case, read_cases, run_case
from unbounded.rdd import SparkContext

CASES = [case for path in sorted(Path(__file__).parents[2].glob("cases/rdd/*.case")) for case in read_cases(path)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.label)
def test_answer_is_that_of_spark(case: Case, sc: SparkContext, tmp_path: Path) -> None:
    assert run_case(case, sc, tmp_path).replace(str(tmp_path), "@") == case.result

"""The counts in docs/differences.md are those of the code."""

from __future__ import annotations

from pathlib import Path

from tests.style.support_counts import engine_name, public_functions, render_counts
from unbounded.analysis.rewrites import rewritten_names
from unbounded.functions.catalog import REGISTRY

PAGE = Path(__file__).resolve().parents[2] / "docs" / "differences.md"


def test_the_page_has_the_counts_of_the_code() -> None:
    assert render_counts() in PAGE.read_text("utf-8"), "run scripts/coverage --write"


def test_every_function_of_spark_is_known() -> None:
    """A function is a row of a table, a rewritten call, or refused by name; none is unknown."""
    known = REGISTRY.names | REGISTRY.known | rewritten_names()
    assert [name for name in public_functions() if engine_name(name) not in known] == []

"""One context with two workers for all tests of the RDD package."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from unbounded.rdd import SparkContext


@pytest.fixture(scope="session")
def shared_context() -> Iterator[SparkContext]:
    with SparkContext("local[2]", "cases") as context:
        yield context


@pytest.fixture
def sc(shared_context: SparkContext) -> SparkContext:
    return shared_context

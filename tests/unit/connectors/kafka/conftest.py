"""One cluster for the tests of a module; each test uses topics of its own."""

from __future__ import annotations

import pytest

from tests.unit.connectors.kafka.cluster import Cluster


@pytest.fixture(scope="module")
def cluster() -> Cluster:
    return Cluster()

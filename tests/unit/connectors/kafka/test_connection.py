"""What is told of a cluster that does not answer, and when one stops asking."""

from __future__ import annotations

import threading

import pytest

from tests.unit.connectors.kafka.cluster import Cluster
from unbounded.cancellation import Cancellation
from unbounded.clock import SystemClock
from unbounded.connectors.kafka.client.connection import Connection
from unbounded.errors import SparkError


def connection(address: str, timeout_ms: int = 60_000, cancellation: Cancellation | None = None) -> Connection:
    properties = {"bootstrap.servers": address}
    return Connection(properties, timeout_ms, cancellation or Cancellation(), SystemClock())


def test_the_partitions_of_topics(cluster: Cluster) -> None:
    cluster.add("there", [(None, b"1")])
    assert connection(cluster.address).topics()["there"] == [0, 1, 2, 3]


def test_nobody_at_the_address() -> None:
    with pytest.raises(
        SparkError, match=r"Kafka at localhost:1 has not answered in 100 ms: .*refused.*Check kafka\.boot"
    ):
        connection("localhost:1", timeout_ms=100).topics()


def test_a_host_that_does_not_exist_fails_at_once() -> None:
    with pytest.raises(SparkError, match=r"Kafka at no\.such\.host\.invalid:9092: .*Failed to resolve"):
        connection("no.such.host.invalid:9092").topics()


def test_a_stopped_query_asks_no_more() -> None:
    cancellation = Cancellation()
    asking = connection("localhost:1", cancellation=cancellation)
    threading.Timer(0.1, cancellation.cancel).start()
    with pytest.raises(SparkError) as error:
        asking.topics()
    assert error.value.condition == "OPERATION_CANCELED"

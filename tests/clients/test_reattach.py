"""Executions that a client leaves, comes back to, and releases."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import grpc
import pytest
from pyspark.sql.connect.session import SparkSession

from tests.clients.wire import Wire, message_of
from unbounded.ids import new_id

ROTATING = {"spark.connect.execute.reattachable.senderMaxStreamSize": "1"}
MANY_ROWS = 10_000_000_000


@pytest.fixture
def wire(engine_url: str) -> Iterator[Wire]:
    wire = Wire(engine_url)
    yield wire
    wire.channel.close()


def test_the_client_follows_a_server_that_ends_every_stream_after_one_response(
    engine_with: Callable[..., str],
) -> None:
    spark = SparkSession.builder.remote(engine_with(ROTATING)).create()
    frame = spark.range(1_500_000)
    assert sum(row.id for row in frame.limit(10).collect()) == 45
    assert frame.toArrow().num_rows == 1_500_000
    spark.stop()


def test_a_broken_stream_goes_on_after_the_last_response(wire: Wire) -> None:
    request = wire.range_request(2_000_000)
    stream = wire.stub.ExecutePlan(request)
    seen = [next(stream), next(stream)]
    stream.cancel()
    rest = list(wire.reattach(request.operation_id, seen[-1].response_id))
    batches = [response.arrow_batch for response in [*seen, *rest] if response.HasField("arrow_batch")]
    assert [batch.start_offset for batch in batches][:2] == [0, batches[0].row_count]
    assert sum(batch.row_count for batch in batches) == 2_000_000
    assert rest[-1].HasField("result_complete")


def test_reattaching_without_a_position_begins_again(wire: Wire) -> None:
    request = wire.range_request(3)
    first = list(wire.stub.ExecutePlan(request))
    assert list(wire.reattach(request.operation_id)) == first


def test_releases_come_in_any_order_and_for_anything(wire: Wire) -> None:
    request = wire.range_request(3)
    responses = list(wire.stub.ExecutePlan(request))
    operation_id = request.operation_id
    assert wire.release_until(operation_id, responses[0].response_id).operation_id == operation_id
    assert wire.release_all(operation_id).operation_id == operation_id
    assert wire.release_until(operation_id, responses[1].response_id).operation_id == ""
    assert wire.release_all(operation_id).operation_id == ""
    assert wire.release_all(new_id()).operation_id == ""


def test_a_released_operation_is_not_found(wire: Wire) -> None:
    request = wire.range_request(3)
    list(wire.stub.ExecutePlan(request))
    wire.release_all(request.operation_id)
    with pytest.raises(grpc.RpcError) as caught:
        next(wire.reattach(request.operation_id))
    assert caught.value.code() is grpc.StatusCode.INTERNAL
    assert "INVALID_HANDLE.OPERATION_NOT_FOUND" in message_of(caught.value)


def test_what_is_not_reattachable_ends_with_its_stream(wire: Wire) -> None:
    request = wire.range_request(MANY_ROWS, is_reattachable=False)
    stream = wire.stub.ExecutePlan(request)
    next(stream)
    assert wire.states(request.operation_id) == ["RUNNING"]
    with pytest.raises(grpc.RpcError) as caught:
        next(wire.reattach(request.operation_id))
    assert "INVALID_CURSOR.NOT_REATTACHABLE" in message_of(caught.value)
    stream.cancel()


def test_a_result_nobody_wants_any_more_is_stopped(wire: Wire) -> None:
    request = wire.range_request(MANY_ROWS)
    stream = wire.stub.ExecutePlan(request)
    next(stream)
    wire.release_all(request.operation_id)
    stream.cancel()
    assert wire.states(request.operation_id) == ["CANCELLED"]


def test_the_states_of_operations(wire: Wire) -> None:
    done = wire.range_request(3)
    list(wire.stub.ExecutePlan(done))
    assert wire.states(done.operation_id, new_id()) == ["SUCCEEDED", "UNKNOWN"]

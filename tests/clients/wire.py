"""The protocol without the client's help: requests made by hand, for what the client never sends of itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import grpc
from grpc_status.rpc_status import from_call
from pyspark.sql.connect import proto
from pyspark.sql.connect.client import DefaultChannelBuilder
from pyspark.sql.connect.proto.base_pb2_grpc import SparkConnectServiceStub

from unbounded.ids import new_id


class Wire:
    """One session on the engine at `url`."""

    def __init__(self, url: str) -> None:
        self.channel = DefaultChannelBuilder(url).toChannel()
        self.stub = SparkConnectServiceStub(self.channel)
        self.who: dict[str, Any] = {"session_id": new_id(), "user_context": proto.UserContext(user_id="wire")}

    def range_request(self, row_count: int, *, is_reattachable: bool = True) -> proto.ExecutePlanRequest:
        request = proto.ExecutePlanRequest(**self.who, operation_id=new_id())
        request.plan.root.range.end = row_count
        request.plan.root.range.step = 1
        request.request_options.add().reattach_options.reattachable = is_reattachable
        return request

    def reattach(self, operation_id: str, last_response_id: str | None = None) -> Iterator[proto.ExecutePlanResponse]:
        request = proto.ReattachExecuteRequest(**self.who, operation_id=operation_id, last_response_id=last_response_id)
        responses: Iterator[proto.ExecutePlanResponse] = self.stub.ReattachExecute(request)
        return responses

    def release_all(self, operation_id: str) -> proto.ReleaseExecuteResponse:
        request = proto.ReleaseExecuteRequest(**self.who, operation_id=operation_id)
        request.release_all.SetInParent()
        return self.stub.ReleaseExecute(request)

    def release_until(self, operation_id: str, response_id: str) -> proto.ReleaseExecuteResponse:
        request = proto.ReleaseExecuteRequest(**self.who, operation_id=operation_id)
        request.release_until.response_id = response_id
        return self.stub.ReleaseExecute(request)

    def states(self, *operation_ids: str) -> list[str]:
        """The states of these operations, without their common prefix."""
        request = proto.GetStatusRequest(**self.who)
        request.operation_status.operation_ids.extend(operation_ids)
        names = proto.GetStatusResponse.OperationStatus.OperationState
        statuses = self.stub.GetStatus(request).operation_statuses
        return [names.Name(status.state).removeprefix("OPERATION_STATE_") for status in statuses]


def message_of(error: grpc.RpcError) -> str:
    """The whole message of the status that came with `error`."""
    return str(from_call(error).message)

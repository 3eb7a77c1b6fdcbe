"""The gRPC server: its address, who may call, its threads. What the calls do is in service.

A server is bound before the engine is there: clients that connect meanwhile wait in the socket's queue until `serve`.
"""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeAlias

import grpc
from pyspark.sql.connect.proto.base_pb2_grpc import (
    SparkConnectServiceServicer,
    add_SparkConnectServiceServicer_to_server,
)

from unbounded.connect.deep_plans import allow_deep_plans

CONCURRENT_CALLS_MAX = 512
"""Also the number of threads: a call that waits for hours (awaitTermination) must not keep others from theirs."""

MESSAGE_BYTES_MAX = 128 << 20
STOP_GRACE_S = 1.0


class AddressRefused(ValueError):
    """The server would be open to people it does not know, or the address cannot be bound."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """For TLS; both in PEM."""

    chain: bytes
    private_key: bytes


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """Where to listen (port 0: any free one) and what a caller must show. Raises AddressRefused."""

    host: str
    port: int
    token: str | None = None
    certificate: Certificate | None = None

    def __post_init__(self) -> None:
        if self.token is None and not is_loopback(self.host):
            raise AddressRefused(
                f"{self.host} can be reached from other machines: give a token, or use the address 127.0.0.1"
            )


class ConnectServer:
    """A bound server; `serve` begins to answer, `stop` ends."""

    def __init__(self, address: ServerAddress) -> None:
        interceptors = [TokenCheck(address.token)] if address.token is not None else []
        allow_deep_plans()
        self._threads = ThreadPoolExecutor(CONCURRENT_CALLS_MAX, thread_name_prefix="call")
        self._server = grpc.server(
            self._threads,
            interceptors=interceptors,
            maximum_concurrent_rpcs=CONCURRENT_CALLS_MAX,
            options=[
                ("grpc.max_send_message_length", MESSAGE_BYTES_MAX),
                ("grpc.max_receive_message_length", MESSAGE_BYTES_MAX),
                ("grpc.so_reuseport", 0),
            ],
        )
        self.port = _bind(self._server, address)

    def serve(self, service: SparkConnectServiceServicer) -> None:
        add_SparkConnectServiceServicer_to_server(service, self._server)  # type: ignore[no-untyped-call]
        self._server.start()

    def stop(self) -> None:
        self._server.stop(STOP_GRACE_S).wait()


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach `host`."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _bind(server: grpc.Server, address: ServerAddress) -> int:
    host = f"[{address.host}]" if ":" in address.host and not address.host.startswith("[") else address.host
    target = f"{host}:{address.port}"
    credentials = _credentials(address)
    try:
        port = server.add_secure_port(target, credentials) if credentials else server.add_insecure_port(target)
    except RuntimeError as error:
        raise AddressRefused(f"cannot listen on {target}: {error}") from error
    return int(port)


def _credentials(address: ServerAddress) -> grpc.ServerCredentials | None:
    """PySpark speaks TLS when it has a token, unless the host is called localhost: then it wants local credentials."""
    if address.certificate is not None:
        return grpc.ssl_server_credentials([(address.certificate.private_key, address.certificate.chain)])
    if address.token is not None and is_loopback(address.host):
        return grpc.local_server_credentials()
    return None


_Continuation: TypeAlias = Callable[[grpc.HandlerCallDetails], Any]


class TokenCheck(grpc.ServerInterceptor):  # type: ignore[misc]
    """Lets a call pass if its metadata has `authorization: Bearer <token>`."""

    def __init__(self, token: str) -> None:
        self._expected = f"Bearer {token}".encode()

    def intercept_service(self, continuation: _Continuation, handler_call_details: grpc.HandlerCallDetails) -> Any:
        metadata = dict(handler_call_details.invocation_metadata or ())
        shown = metadata.get("authorization", "")
        if hmac.compare_digest(_as_bytes(shown), self._expected):
            return continuation(handler_call_details)
        return _REFUSAL


def _as_bytes(value: str | bytes) -> bytes:
    return value.encode() if isinstance(value, str) else value


def _refuse(_request: object, context: grpc.ServicerContext) -> None:
    context.abort(grpc.StatusCode.UNAUTHENTICATED, "The token is missing or wrong.")


_REFUSAL = grpc.stream_stream_rpc_method_handler(_refuse)

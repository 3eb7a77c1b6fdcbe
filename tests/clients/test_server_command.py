"""`unbounded server`: who may listen where, and who may call."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator

import grpc
import pytest
from pyspark.sql.connect import proto
from pyspark.sql.connect.session import SparkSession

from tests.clients.program import Outcome, Program
from tests.clients.wire import Wire


@pytest.fixture
def server_port(program: Program) -> Iterator[int]:
    """The port of a server that knows the token `secret`."""
    process = program.start("server", "--port", "0", "--token", "secret")
    assert process.stdout is not None
    yield int(process.stdout.readline().rpartition(":")[2])
    process.send_signal(signal.SIGTERM)
    try:
        assert process.wait(30) == 0
    except subprocess.TimeoutExpired:
        process.kill()
        raise


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org"])
def test_an_open_address_needs_a_token(program: Program, host: str) -> None:
    assert program.command("server", "--host", host) == Outcome(
        2,
        "",
        f"unbounded: {host} can be reached from other machines: give a token, or use the address 127.0.0.1\n",
    )


def test_half_a_certificate_is_refused(program: Program) -> None:
    outcome = program.command("server", "--tls-key", "key.pem")
    assert outcome == Outcome(2, "", "unbounded: a TLS certificate needs its key, and a key its certificate\n")


def test_a_client_with_the_token_is_served(server_port: int) -> None:
    spark = SparkSession.builder.remote(f"sc://localhost:{server_port}/;token=secret").create()
    assert len(spark.range(3).collect()) == 3
    spark.stop()


@pytest.mark.parametrize("parameters", ["/;token=wrong", "", "/;token=Bearer%20secret"])
def test_every_call_without_the_token_is_refused(server_port: int, parameters: str) -> None:
    wire = Wire(f"sc://localhost:{server_port}{parameters}")
    request = wire.range_request(1)
    calls = [
        lambda: wire.stub.Config(proto.ConfigRequest(**wire.who)),
        lambda: list(wire.stub.ExecutePlan(request)),
        lambda: wire.stub.AddArtifacts(iter([proto.AddArtifactsRequest(**wire.who)])),
        lambda: wire.release_all(request.operation_id),
    ]
    for call in calls:
        with pytest.raises(grpc.RpcError) as caught:
            call()
        assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED
    wire.channel.close()

"""Lines from a socket. The other side is a socket of the test's own."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.streaming.sources import START_US, SteppedSource
from unbounded.connectors.socket_lines import SocketSource, socket_provider
from unbounded.errors import SparkError

LONG_US = 10_000_000


@pytest.fixture
def server() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


def _open(server: socket.socket, directory: Path, **options: str) -> tuple[SteppedSource, socket.socket]:
    port = str(server.getsockname()[1])
    stream = SteppedSource(socket_provider({"host": "127.0.0.1", "port": port, **options}), directory)
    connection, _ = server.accept()
    return stream, connection


def _wait(stream: SteppedSource) -> None:
    assert isinstance(stream.source, SocketSource)
    assert stream.source.wait_for_data(LONG_US)


def test_each_line_is_a_row_once(server: socket.socket, tmp_path: Path) -> None:
    stream, connection = _open(server, tmp_path)
    assert stream.rows() == []
    assert stream.end == "-1"
    connection.sendall(b"one\ntwo\r\n")
    _wait(stream)
    assert stream.rows() == [("one",), ("two",)]
    assert stream.end == "1"
    connection.sendall("dré\n\npart".encode())
    _wait(stream)
    assert stream.rows() == [("dré",), ("",)]
    connection.close()
    _wait(stream)
    assert stream.rows() == [("part",)]
    assert not stream.source.wait_for_data(0)
    stream.source.close()


def test_a_line_has_the_time_at_which_it_came(server: socket.socket, tmp_path: Path) -> None:
    stream, connection = _open(server, tmp_path, includetimestamp="true")
    stream.rows()
    connection.sendall(b"a\n")
    _wait(stream)
    stream.clock.advance(60_000_000)
    [(value, at)] = stream.rows()
    assert (value, at.timestamp() * 1e6) == ("a", START_US + 1_000_000)
    connection.close()
    stream.source.close()


def test_lines_of_an_earlier_run_are_lost_and_later_ones_go_on_counting(server: socket.socket, tmp_path: Path) -> None:
    stream, connection = _open(server, tmp_path)
    assert stream.source.batch("3", "5").read().read_all().num_rows == 0
    stream.source.commit("5")
    connection.sendall(b"a\n")
    _wait(stream)
    assert stream.source.latest_offset("5", has_limit=True) == "6"
    connection.close()
    stream.source.close()


def test_nobody_at_the_address(tmp_path: Path) -> None:
    with pytest.raises(SparkError, match="The socket source cannot connect to 127.0.0.1:1: Connection refused"):
        SteppedSource(socket_provider({"host": "127.0.0.1", "port": "1"}), tmp_path)


@pytest.mark.parametrize(
    ("options", "condition"),
    [
        ({}, "_LEGACY_ERROR_TEMP_1295"),
        ({"host": "h"}, "_LEGACY_ERROR_TEMP_1296"),
        ({"host": "h", "port": "9", "includetimestamp": "x"}, "_LEGACY_ERROR_TEMP_1297"),
    ],
)
def test_missing_and_wrong_options(options: dict[str, str], condition: str) -> None:
    with pytest.raises(SparkError) as failure:
        socket_provider(options)
    assert failure.value.condition == condition

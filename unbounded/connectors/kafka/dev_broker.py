"""`unbounded kafka-dev`: a throw-away broker in memory, for trying programs that read `localhost:9092`.

It is the mock cluster of librdkafka, which chooses a port of its own, behind a forwarder at the port that is wanted: a
client only asks there where the cluster is. A partition keeps its last 100,000 records, or 5 MB of them.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import sys
from collections.abc import Sequence
from typing import Any

from unbounded.connectors.kafka.client.library import QUIET, client_library

ACTIVITY_TOPIC = "user_activity"
_HOST = "127.0.0.1"
_ANSWER_S = 10
_CHUNK_BYTES = 1 << 16
_ACTIONS = ("click", "view", "click", "purchase")
_USERS = ("ann", "bob", "cleo", "dan", "eve")
USAGE_EXIT_CODE = 2


class DevCluster:
    """Lives as long as this object. `address` is its own, `producer` sends to it."""

    def __init__(self, topics: Sequence[str]) -> None:
        """With `topics`, empty; others are there when they are written."""
        library = client_library()
        self._owner = library.Producer({**QUIET, "bootstrap.servers": "none", "test.mock.num.brokers": "1"})
        (broker,) = self._owner.list_topics(timeout=_ANSWER_S).brokers.values()
        self.port: int = broker.port
        self.address = f"{_HOST}:{broker.port}"
        self.producer = library.Producer({**QUIET, "bootstrap.servers": self.address})
        for topic in topics:
            self.producer.list_topics(topic, timeout=_ANSWER_S)


def run_dev_broker(port: int, topics: Sequence[str], per_second: float) -> int:
    """Until it is interrupted. `per_second`: example records of ACTIVITY_TOPIC. The exit code of the command."""
    cluster = DevCluster([ACTIVITY_TOPIC, *topics])
    try:
        asyncio.run(_serve(cluster, port, per_second))
    except KeyboardInterrupt:
        return 0
    except OSError as error:
        sys.stderr.write(f"unbounded: port {port} cannot be used ({error.strerror}): is a broker running there?\n")
        return USAGE_EXIT_CODE
    return 0


async def _serve(cluster: DevCluster, port: int, per_second: float) -> None:
    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(_HOST, cluster.port)
        await asyncio.gather(_copy(reader, back), _copy(there, writer))

    server = await asyncio.start_server(forward, "localhost", port)
    rate = f"{per_second:g} example records a second" if per_second else "nothing but what you send"
    place = f"localhost:{server.sockets[0].getsockname()[1]}"
    _print(f"Kafka in memory at {place}, the topic {ACTIVITY_TOPIC} gets {rate}.")
    _print("All of it is gone when this command ends (Ctrl-C).")
    async with server:
        if per_second:
            await _feed(cluster.producer, per_second)
        await server.serve_forever()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(_CHUNK_BYTES):
            writer.write(data)
            await writer.drain()
    writer.close()


async def _feed(producer: Any, per_second: float) -> None:
    chance = random.Random(1)
    while True:
        record = {
            "user_id": chance.choice(_USERS),
            "action": chance.choice(_ACTIONS),
            "is_premium": chance.choice((True, False)),
        }
        producer.produce(ACTIVITY_TOPIC, json.dumps(record), record["user_id"])
        producer.poll(0)
        await asyncio.sleep(1 / per_second)


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()

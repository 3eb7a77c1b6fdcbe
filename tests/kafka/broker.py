"""One Apache Kafka node (KRaft) as a child process, which can be stopped, killed and started again with its data."""

from __future__ import annotations

import signal
import socket
import subprocess
from collections.abc import Iterable
from pathlib import Path

from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewPartitions, NewTopic

from tests.kafka.artifacts import class_path

USER, PASSWORD = "ann", "right"
_CLUSTER_ID = "4L6g3nShT-eMCtK--X86sw"
_ANSWER_S = 60
_JAVA = ("java", "-Xms128m", "-Xmx512m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},SASL_PLAINTEXT://127.0.0.1:{guarded},SSL://127.0.0.1:{encrypted},\
CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port},SASL_PLAINTEXT://127.0.0.1:{guarded},SSL://localhost:{encrypted}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT,SSL:SSL,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
sasl.enabled.mechanisms=PLAIN
listener.name.sasl_plaintext.plain.sasl.jaas.config=\
org.apache.kafka.common.security.plain.PlainLoginModule required user_{user}="{password}";
listener.name.ssl.ssl.keystore.type=PEM
listener.name.ssl.ssl.keystore.location={identity}
log.dirs={data}
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
log.retention.ms=-1
broker.heartbeat.interval.ms=200
broker.session.timeout.ms=1000
"""


class Broker:
    """`address` is open to all, `guarded` wants the user's name and password, `encrypted` shows `certificate`."""

    def __init__(self, directory: Path, *, wanted_port: int) -> None:
        """At another port if that one is taken. Raises: NoBroker"""
        self._class_path = class_path()
        port = _free_port() if _is_taken(wanted_port) else wanted_port
        guarded, encrypted, controller = _free_port(), _free_port(), _free_port()
        self.address = f"localhost:{port}"
        self.guarded = f"localhost:{guarded}"
        self.encrypted = f"localhost:{encrypted}"
        self.certificate = directory / "certificate.pem"
        self._settings = directory / "server.properties"
        ports = {"port": port, "guarded": guarded, "encrypted": encrypted, "controller": controller}
        paths = {"data": directory / "data", "identity": _identity(directory, self.certificate)}
        self._settings.write_text(_PROPERTIES.format(user=USER, password=PASSWORD, **ports, **paths))
        self._output = directory / "output"
        self._java("kafka.tools.StorageTool", "format", "-t", _CLUSTER_ID, "-c", str(self._settings)).wait()
        self.start()

    def start(self) -> None:
        """Returns when it answers."""
        self._process = self._java("kafka.Kafka", str(self._settings))
        self._connect()
        self._admin.list_topics(timeout=_ANSWER_S)

    def _connect(self) -> None:
        self._admin = AdminClient({"bootstrap.servers": self.address, "log_level": "0"})
        self._producer = Producer({"bootstrap.servers": self.address, "linger.ms": "0", "log_level": "0"})

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def _end(self, number: signal.Signals) -> None:
        if self._process.poll() is None:
            self._process.send_signal(number)
        self._process.wait(_ANSWER_S)

    def _java(self, *arguments: str) -> subprocess.Popen[bytes]:
        with self._output.open("ab") as output:
            command = [*_JAVA, "-cp", self._class_path, *arguments]
            return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)

    # ------------------------------------------------------------------------------------------ topics and records

    def create(self, topic: str, partition_count: int = 1, **settings: str) -> None:
        new = NewTopic(topic, partition_count, 1, config=settings)
        self._admin.create_topics([new])[topic].result(_ANSWER_S)

    def grow(self, topic: str, partition_count: int) -> None:
        """The producer that was there would not hear of it for minutes."""
        self._admin.create_partitions([NewPartitions(topic, partition_count)])[topic].result(_ANSWER_S)
        self._connect()

    def delete(self, topic: str) -> None:
        self._admin.delete_topics([topic])[topic].result(_ANSWER_S)

    def forget(self, topic: str, before: int, partition: int = 0) -> None:
        """Removes the records before an offset, as retention does."""
        place = TopicPartition(topic, partition, before)
        self._admin.delete_records([place])[place].result(_ANSWER_S)

    def add(self, topic: str, values: Iterable[bytes], partition: int = 0, *, time_ms: int = 0) -> None:
        """`time_ms` 0: now."""
        for value in values:
            self._producer.produce(topic, value, partition=partition, timestamp=time_ms)
        assert self._producer.flush(_ANSWER_S) == 0


def _identity(directory: Path, certificate: Path) -> Path:
    """A key and its certificate for localhost in one file."""
    key, identity = directory / "key.pem", directory / "identity.pem"
    request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    names = ["-addext", "subjectAltName=DNS:localhost"]
    command = ["openssl", *request, *names, "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    identity.write_text(key.read_text() + certificate.read_text())
    return identity


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0

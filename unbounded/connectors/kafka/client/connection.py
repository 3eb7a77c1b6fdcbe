"""Questions to the brokers of a cluster: asked again while nobody answers, up to a limit, until nobody wants to know.

A refusal (credentials, an unknown host at the first contact) ends a question at once: waiting would not change it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import wait
from typing import Any, TypeVar

from unbounded.cancellation import Cancellation
from unbounded.clock import Clock
from unbounded.connectors.kafka.client.failures import client_failure
from unbounded.connectors.kafka.client.library import QUIET, admin_library, client_library
from unbounded.connectors.option_values import illegal_argument
from unbounded.errors import ErrorKind, SparkError

Answer = TypeVar("Answer")

_ALL_BROKERS_DOWN, _UNKNOWN_HOST, _AUTHENTICATION, _SSL = -187, -193, -169, -181
REFUSALS = frozenset({_AUTHENTICATION, 29, 30, 31, 58})
"""Also, from the broker: topic, group or cluster authorization failed, SASL authentication failed."""
_REFUSALS_AT_FIRST = frozenset({_UNKNOWN_HOST, _SSL})
NOT_THERE = frozenset({3, -188, -190})
"""An unknown topic or partition, told by the broker or found out by the client."""
_NO_OFFSET, _NO_LEADER = -1, 5
"""The client gives less than -1, and no error, for a partition that has no leader at the moment."""
_SLICE_S = 0.5
_logger = logging.getLogger("unbounded")


class Connection:
    """Used by one thread."""

    def __init__(
        self, properties: Mapping[str, str], timeout_ms: int, cancellation: Cancellation, clock: Clock
    ) -> None:
        """Raises: SparkError for properties that the client refuses"""
        self._servers = properties.get("bootstrap.servers", "")
        self._timeout_ms = timeout_ms
        self._cancellation = cancellation
        self._clock = clock
        levels = client_library().IsolationLevel
        is_committed = properties.get("isolation.level") == "read_committed"
        self._isolation = levels.READ_COMMITTED if is_committed else levels.READ_UNCOMMITTED
        self._problem: Any = None
        self._has_answered = False
        self._is_outdated = False
        try:
            self._client = admin_library().AdminClient({**QUIET, **properties, "error_cb": self._remember})
        except client_library().KafkaException as error:
            raise illegal_argument(f"Kafka client: {error.args[0].str()}") from None

    def topics(self) -> dict[str, list[int]]:
        """The numbers of the partitions of every topic. Raises: SparkError"""
        topics = self._ask(lambda: self._client.list_topics(timeout=_SLICE_S).topics)
        return {name: sorted(topic.partitions) for name, topic in topics.items() if topic.error is None}

    def offsets(self, wanted: Mapping[Any, Any]) -> dict[Any, int]:
        """The offset of each of the client's partitions, by what is wanted of it. Raises: SparkError"""
        return self._ask(lambda: self._offsets_once(wanted))

    def _offsets_once(self, wanted: Mapping[Any, Any]) -> dict[Any, int]:
        if self._is_outdated:
            self._client.list_topics(timeout=_SLICE_S)
        answers = self._client.list_offsets(wanted, isolation_level=self._isolation, request_timeout=_SLICE_S)
        wait(answers.values())
        offsets = {partition: answer.result().offset for partition, answer in answers.items()}
        if min(offsets.values()) < _NO_OFFSET:
            raise client_library().KafkaException(client_library().KafkaError(_NO_LEADER))
        return offsets

    def _ask(self, question: Callable[[], Answer]) -> Answer:
        deadline_us = self._clock.monotonic_us() + self._timeout_ms * 1000
        has_warned = False
        while True:
            try:
                answer = question()
            except client_library().KafkaException as error:
                problem, self._is_outdated = self._consider(error.args[0]), True
            else:
                self._has_answered, self._is_outdated, self._problem = True, False, None
                return answer
            if self._clock.monotonic_us() >= deadline_us:
                raise self._timed_out(problem)
            if not has_warned:
                _logger.warning("Kafka at %s does not answer (%s); asking again", self._servers, problem.str())
                has_warned = True
            self._cancellation.wait(_SLICE_S / 5)

    def _consider(self, error: Any) -> Any:
        """What is known of a failed attempt, if another one makes sense. Raises: SparkError if it does not"""
        self._client.poll(0)
        if self._cancellation.is_cancelled:
            raise SparkError(ErrorKind.SPARK, "OPERATION_CANCELED", {})
        if error.code() in NOT_THERE:
            raise client_failure("This server does not host this topic-partition.")
        problem = self._problem or error
        for known in (error, problem):
            is_refusal = known.code() in REFUSALS
            if is_refusal or (not self._has_answered and known.code() in _REFUSALS_AT_FIRST):
                raise client_failure(f"Kafka at {self._servers}: {known.str()}")
        return problem

    def _timed_out(self, problem: Any) -> SparkError:
        told = f"Kafka at {self._servers} has not answered in {self._timeout_ms} ms: {problem.str()}"
        return client_failure(f"{told}. Check kafka.bootstrap.servers and that a broker runs there.")

    def _remember(self, error: Any) -> None:
        """What the client reports by itself; that all brokers are down says less than why."""
        if error.code() != _ALL_BROKERS_DOWN:
            self._problem = error

"""The streaming queries of one session: starts them, finds them, waits for them, tells listeners."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Callable, Iterator, Sequence

from unbounded.cancellation import Cancellation
from unbounded.clock import Clock
from unbounded.errors import NO_CONDITION, ErrorKind, SparkError
from unbounded.execution.database import Database
from unbounded.ids import is_uuid
from unbounded.session.catalog import SessionCatalog
from unbounded.session.config import SessionConfig
from unbounded.session.foreach_batch import BatchFunction
from unbounded.session.results import StreamStarted
from unbounded.session.stream_build import StartRequest, StreamBuild, StreamServices
from unbounded.session.stream_settings import report_settings
from unbounded.session.streams_api import EventKind, ListenerEvent, QueryFailure, QueryStatus, RunningQuery
from unbounded.storage.local import LocalFileSystem
from unbounded.streaming.progress import render_timestamp
from unbounded.streaming.query import QueryEvents, StreamingQuery, failure_sentence
from unbounded.streaming.watch import QueryWatcher

UI_PORT = "unbounded.ui.port"
STOPS_ACTIVE_RUN = "spark.sql.streaming.stopActiveRunOnRestart"


class SessionStreams:
    """Implements `session.streams_api.StreamsApi`, and starts queries."""

    def __init__(
        self,
        config: SessionConfig,
        catalog: SessionCatalog,
        database: Database,
        clock: Clock,
        open_function: Callable[[bytes], BatchFunction],
        watcher: QueryWatcher | None,
    ) -> None:
        self._config = config
        self._clock = clock
        self._services = StreamServices(config, catalog, database, clock, LocalFileSystem(), open_function, watcher)
        self._changed = threading.Condition()
        self._queries: dict[str, StreamingQuery] = {}
        self._ended: list[StreamingQuery] = []
        self._events: queue.SimpleQueue[ListenerEvent | None] | None = None

    # ------------------------------------------------------------------------------------------ starting

    def start(self, request: StartRequest) -> StreamStarted:
        """Raises: SparkError for what cannot start; what fails later fails the query."""
        self._refuse_taken_name(request.command.query_name)
        build = StreamBuild(request, self._services)
        self._stop_running(build.identity.query_id)
        build.open()
        watcher = build.watcher

        def progressed(progress: str) -> None:
            self._publish(EventKind.PROGRESS, _progress_event(progress))
            if watcher is not None:
                watcher.progressed(build.identity.run_id, progress)

        def ended(query: StreamingQuery) -> None:
            build.close(has_failed=query.failure is not None)
            self._query_ended(query)
            if watcher is not None:
                watcher.ended(query.run_id)

        query = StreamingQuery(
            build.identity,
            build.schedule,
            build.micro_batch,
            self._clock,
            build.cancellation,
            QueryEvents(
                progressed,
                lambda event: self._publish(EventKind.IDLE, event),
                ended,
            ),
            report_settings(self._config),
            build.shown_plan,
        )
        with self._changed:
            self._queries[query.query_id] = query
        started = self._started_event(query) if self._events is not None else None
        if watcher is not None:
            watcher.started(build.watched(query), port=self._config.integer(UI_PORT))
        query.start()
        return StreamStarted(query.query_id, query.run_id, query.name, started)

    def _refuse_taken_name(self, name: str | None) -> None:
        if name is not None and any(query.name == name for query in self._active()):
            message = (
                f"Cannot start query with name {name} as a query with that name is already active in this SparkSession"
            )
            raise SparkError(ErrorKind.ILLEGAL_ARGUMENT, NO_CONDITION, {"message": message})

    def _stop_running(self, query_id: str) -> None:
        """A checkpoint has one run at a time: the new one takes over."""
        running = self._queries.get(query_id)
        if running is None or not running.is_active:
            return
        if not self._config.boolean(STOPS_ACTIVE_RUN):
            message = (
                f"Cannot start query with id {query_id} as another query with same id is already active. Perhaps you "
                "are attempting to restart a query from checkpoint that is already active. You may stop the old query "
                f'by setting the SQL configuration: spark.conf.set("{STOPS_ACTIVE_RUN}", true) and retry.'
            )
            raise SparkError(ErrorKind.ILLEGAL_STATE, NO_CONDITION, {"message": message})
        running.stop()

    # ------------------------------------------------------------------------------------------ the protocol's calls

    def active(self) -> Sequence[RunningQuery]:
        return [_Handle(query) for query in self._active()]

    def _active(self) -> list[StreamingQuery]:
        with self._changed:
            return [query for query in self._queries.values() if query.is_active]

    def find(self, query_id: str, run_id: str | None = None) -> RunningQuery | None:
        if not is_uuid(query_id):
            message = f"Invalid UUID string: {query_id}"
            raise SparkError(ErrorKind.ILLEGAL_ARGUMENT, NO_CONDITION, {"message": message})
        with self._changed:
            known = [*self._ended, *self._queries.values()]
        if run_id is not None:
            found = next((q for q in known if q.query_id == query_id and q.run_id == run_id), None)
        else:
            found = next((q for q in known if q.query_id == query_id and q.is_active), None)
        return _Handle(found) if found is not None else None

    def await_any_termination(self, cancellation: Cancellation, *, timeout_us: int | None) -> bool:
        forget = cancellation.on_cancel(self._wake)
        timeout_s = None if timeout_us is None else timeout_us / 1e6
        try:
            with self._changed:
                self._changed.wait_for(lambda: bool(self._ended) or cancellation.is_cancelled, timeout_s)
        finally:
            forget()
        failed = [query for query in self._ended if query.failure is not None]
        if failed and failed[-1].failure is not None:
            raise failed[-1].failure
        return bool(self._ended)

    def reset_terminated(self) -> None:
        with self._changed:
            self._ended = []

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def stop_all(self) -> None:
        for query in self._active():
            query.stop()

    # ------------------------------------------------------------------------------------------ listeners

    def listen(self) -> Iterator[ListenerEvent]:
        events: queue.SimpleQueue[ListenerEvent | None] = queue.SimpleQueue()
        self._events = events
        return iter(events.get, None)

    def stop_listening(self) -> None:
        events, self._events = self._events, None
        if events is not None:
            events.put(None)

    def _publish(self, kind: EventKind, text: str) -> None:
        events = self._events
        if events is not None:
            events.put(ListenerEvent(kind, text))

    def _started_event(self, query: StreamingQuery) -> str:
        event: dict[str, object] = {
            "id": query.query_id,
            "runId": query.run_id,
            "name": query.name,
            "timestamp": render_timestamp(self._clock.now_us() // 1000),
            "jobTags": [],
        }
        return json.dumps(event, separators=(",", ":"))

    def _query_ended(self, query: StreamingQuery) -> None:
        self._publish(EventKind.TERMINATED, query.terminated_event_json)
        with self._changed:
            self._ended.append(query)
            self._changed.notify_all()


class _Handle:
    """A query as the protocol asks for it (`session.streams_api.RunningQuery`)."""

    def __init__(self, query: StreamingQuery) -> None:
        self._query = query
        self.query_id = query.query_id
        self.run_id = query.run_id
        self.name = query.name
        self.recent_progress = query.recent_progress
        self.stop = query.stop
        self.process_all_available = query.process_all_available
        self.await_termination = query.await_termination
        self.explain = query.explain

    def status(self) -> QueryStatus:
        query = self._query
        return QueryStatus(query.message, query.has_new_data, query.is_trigger_active, query.is_active)

    def failure(self) -> QueryFailure | None:
        failure = self._query.failure
        if failure is None:
            return None
        cause = failure_sentence(failure.__cause__) if failure.__cause__ else failure.message
        return QueryFailure(cause + failure.detail, failure.condition)


def _progress_event(progress: str) -> str:
    return f'{{"progress":{progress}}}'

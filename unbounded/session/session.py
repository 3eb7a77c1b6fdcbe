"""One client session: its settings, names and queries. Wires the parts together; the work is done elsewhere."""

from __future__ import annotations

import getpass
import os
from collections.abc import Mapping

from unbounded.analysis.context import Ids
from unbounded.cancellation import Cancellation
from unbounded.clock import Clock
from unbounded.errors import not_supported
from unbounded.execution.database import Database
from unbounded.execution.stored_rows import StoredRows
from unbounded.functions.environment import Environment
from unbounded.ids import new_id
from unbounded.plan import unresolved as u
from unbounded.plan.identity import identity_of_plan
from unbounded.plan.logical import Scan, Stored
from unbounded.plan.streaming import is_streaming
from unbounded.plan.tree import collect
from unbounded.session import show
from unbounded.session.artifacts import Artifacts
from unbounded.session.catalog import SessionCatalog
from unbounded.session.commands.context import CommandContext
from unbounded.session.commands.dispatch import run_command
from unbounded.session.config import SessionConfig
from unbounded.session.foreach_batch import BatchFunction, BatchFunctions
from unbounded.session.metrics import run_observed
from unbounded.session.pipeline import Pipeline, refuse_stream
from unbounded.session.query_context import open_context
from unbounded.session.results import CommandDone, Result, Rows, SqlCommandDone
from unbounded.session.storage_level import StorageLevel
from unbounded.session.stream_build import StartRequest
from unbounded.session.streams import SessionStreams
from unbounded.sql import parse_statement
from unbounded.streaming.watch import QueryWatcher
from unbounded.types.datatypes import StructType


class Session:
    """Everything a client's plans depend on. `execute` and the questions about plans may come from several threads."""

    def __init__(
        self,
        user_id: str,
        session_id: str,
        config: SessionConfig,
        artifacts: Artifacts,
        catalog: SessionCatalog,
        database: Database,
        clock: Clock,
        batch_functions: BatchFunctions | None,
        watcher: QueryWatcher | None,
    ) -> None:
        self.user_id = user_id
        self.session_id = session_id
        self.server_side_session_id = new_id()
        self.config = config
        self.artifacts = artifacts
        self.catalog = catalog
        self.streams = SessionStreams(config, catalog, database, clock, self._open_function, watcher)
        self._database = database
        self._clock = clock
        self._batch_functions = batch_functions
        self._watcher = watcher

    @classmethod
    def create(
        cls,
        user_id: str,
        session_id: str,
        settings: Mapping[str, str],
        database: Database,
        clock: Clock,
        batch_functions: BatchFunctions | None = None,
        watcher: QueryWatcher | None = None,
    ) -> Session:
        config = SessionConfig(settings)
        names = SessionCatalog(config)
        return cls(user_id, session_id, config, Artifacts(), names, database, clock, batch_functions, watcher)

    def clone(self, session_id: str) -> Session:
        config = self.config.copy()
        catalog = self.catalog.copy(config)
        artifacts = self.artifacts.copy()
        shared = (self._database, self._clock, self._batch_functions, self._watcher)
        return Session(self.user_id, session_id, config, artifacts, catalog, *shared)

    def close(self) -> None:
        self.streams.stop_all()
        self.catalog.close()
        self.artifacts.close()

    # ------------------------------------------------------------------------------------------ running plans

    def execute(self, plan: u.Relation | u.Command, *, cancellation: Cancellation) -> Result:
        """Runs `plan`; a query's rows are computed while they are read.

        Raises: SparkError
        """
        if isinstance(plan, u.Relation):
            return self._rows(plan, cancellation)
        return self._command(plan, cancellation)

    def _rows(self, relation: u.Relation, cancellation: Cancellation) -> Rows:
        pipeline = self._pipeline(cancellation)
        shown = relation.child if isinstance(relation, u.PlanId) else relation
        if isinstance(shown, u.ShowString):
            return show.show_rows(shown, pipeline, cancellation)
        plan = pipeline.analyze(relation)
        return run_observed(pipeline.in_spark_order(plan), pipeline, cancellation)

    def _command(self, command: u.Command, cancellation: Cancellation) -> Result:
        match command:
            case u.SqlCommand(query=query):
                return self._sql(query, cancellation)
            case u.CreateView(query=query, name=name, columns=columns):
                named = u.SubqueryAlias(query, name, columns) if columns else query
                self.catalog.create_view(command, self._pipeline(cancellation).analyze(named, Ids()))
                return CommandDone()
            case u.WriteStream(query=query):
                context = self._context(cancellation)
                request = StartRequest(command, context.analyze(query), context.environment, context)
                return self.streams.start(request)
            case u.RegisterFunction(name=name, function=function):
                self.catalog.register_function(name, function)
                return CommandDone()
            case _:
                answer = run_command(command, self._context(cancellation))
                return CommandDone() if isinstance(command, u.Write | u.WriteTo) else SqlCommandDone(answer)

    def _sql(self, query: u.Relation, cancellation: Cancellation) -> Result:
        """DDL and DML run now; a query is checked now and run when the client reads it."""
        text = query.child if isinstance(query, u.PlanId) else query
        if isinstance(text, u.SqlQuery):
            statement = parse_statement(text.text, dict(text.named_arguments), text.positional_arguments)
            if isinstance(statement, u.Command):
                result = self._command(statement, cancellation)
                return result if isinstance(result, SqlCommandDone) else SqlCommandDone(_EMPTY)
        self._pipeline(cancellation).analyze(query)
        return SqlCommandDone(query)

    def pipeline(self, cancellation: Cancellation | None = None) -> Pipeline:
        """The stages of a query under the session's settings as they are now."""
        return self._pipeline(cancellation or Cancellation())

    def _pipeline(self, cancellation: Cancellation) -> Pipeline:
        return self._context(cancellation).pipeline

    def _context(self, cancellation: Cancellation) -> CommandContext:
        self.artifacts.put_on_import_path()
        environment = Environment(
            time_zone=self.config.time_zone,
            is_ansi=self.config.is_ansi,
            is_case_sensitive=self.config.case_sensitive,
            now_us=self._clock.now_us(),
            user=self.user_id or _system_user(),
            database=self.catalog.current_database,
            shuffle_partition_count=int(self.config.get("spark.sql.shuffle.partitions")),
            keeps_last_map_value=self.config.get("spark.sql.mapKeyDedupPolicy") == "LAST_WIN",
            corrupt_record_column=self.config.get("spark.sql.columnNameOfCorruptRecord"),
        )
        return open_context(self.config, self.catalog, environment, self._database, cancellation)

    def _open_function(self, command: bytes) -> BatchFunction:
        if self._batch_functions is None:
            raise not_supported("foreachBatch", "This engine has no server that the function could call.")
        return self._batch_functions.open(self.user_id, self.session_id, command)

    # ------------------------------------------------------------------------------------------ questions about plans

    def schema_of(self, relation: u.Relation) -> StructType:
        return show.schema_of(relation) or self.pipeline().analyze(relation).schema

    def explain(self, relation: u.Relation, mode: str) -> str:
        pipeline = self.pipeline()
        return show.explain(relation, mode, pipeline)

    def is_local(self, relation: u.Relation) -> bool:
        bare = relation.child if isinstance(relation, u.PlanId) else relation
        return isinstance(bare, u.LocalRelation)

    def is_streaming(self, relation: u.Relation) -> bool:
        return is_streaming(self.pipeline().analyze(relation))

    def input_files(self, relation: u.Relation) -> list[str]:
        scans = collect(self.pipeline().analyze(relation), Scan)
        return sorted({path for scan in scans for path in scan.source.input_files()})

    def same_semantics(self, a: u.Relation, b: u.Relation) -> bool:
        return self._identity(a) == self._identity(b)

    def semantic_hash(self, relation: u.Relation) -> int:
        return hash(self._identity(relation)) & 0x7FFFFFFF

    def _identity(self, relation: u.Relation) -> object:
        return identity_of_plan(self.pipeline().analyze(relation, Ids()))

    # ------------------------------------------------------------------------------------------ held relations

    def persist(self, relation: u.Relation, storage_level: StorageLevel) -> None:
        refuse_stream(self.pipeline().analyze(relation))
        self.catalog.persisted.add(relation, storage_level)

    def unpersist(self, relation: u.Relation) -> None:
        self.catalog.persisted.remove(relation)

    def storage_level(self, relation: u.Relation) -> StorageLevel:
        return self.catalog.persisted.level(relation)

    def hold_relation(self, relation_id: str, relation: u.Relation) -> None:
        self.catalog.hold_relation(relation_id, self.pipeline().analyze(relation))

    def checkpoint(self, relation_id: str, relation: u.Relation, cancellation: Cancellation, *, is_eager: bool) -> None:
        """Holds the rows of `relation`, computed once: now if `is_eager`, else on first use."""
        pipeline = self._pipeline(cancellation)
        plan = pipeline.analyze(relation)
        stored = StoredRows(pipeline.lower(plan))
        if is_eager:
            stored.engine_table(pipeline.run_of(cancellation))
        self.catalog.hold_relation(relation_id, Stored(stored, plan.output))

    def release_relation(self, relation_id: str) -> None:
        self.catalog.release_relation(relation_id)


_EMPTY = u.LocalRelation(show.EMPTY_TABLE)


def _system_user() -> str:
    """Who runs the engine; a number where the system has no name for it."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())

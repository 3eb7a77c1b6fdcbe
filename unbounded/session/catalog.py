"""Names of a session: temporary views, registered functions, held relations; tables of the warehouse."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pyarrow as pa

from unbounded.analysis.context import Ids
from unbounded.analysis.plans import with_fresh_ids
from unbounded.errors import analysis_error, not_supported
from unbounded.plan import unresolved as u
from unbounded.plan.expressions import SortOrder
from unbounded.plan.logical import Deduplicate, Limit, LocalRelation, LogicalPlan, Sort
from unbounded.session.config import SessionConfig
from unbounded.types.datatypes import StructType

GLOBAL_DATABASE = "global_temp"


class SessionCatalog:
    """Implements `analysis.context.Catalog` for one session."""

    def __init__(self, config: SessionConfig) -> None:
        self.config = config
        self.current_database = "default"
        self._views: dict[str, LogicalPlan] = {}
        self._global_views: dict[str, LogicalPlan] = {}
        self._functions: dict[str, u.PythonFunction] = {}
        self._held: dict[str, LogicalPlan] = {}
        self._live_views: dict[str, tuple[StructType, Callable[[], pa.Table]]] = {}
        self._collect: Callable[[LogicalPlan], pa.Table] | None = None

    def copy(self, config: SessionConfig) -> SessionCatalog:
        copied = SessionCatalog(config)
        copied.current_database = self.current_database
        copied._views = dict(self._views)
        copied._global_views = self._global_views
        copied._functions = dict(self._functions)
        return copied

    def bind(self, collect: Callable[[LogicalPlan], pa.Table]) -> None:
        """Gives the catalog the means to run a plan (pivot needs the values of a column)."""
        self._collect = collect

    # ------------------------------------------------------------------------------------------ changes

    def create_view(self, command: u.CreateView, plan: LogicalPlan) -> None:
        """Raises: SparkError TEMP_TABLE_OR_VIEW_ALREADY_EXISTS"""
        views = self._global_views if command.is_global else self._views
        key = command.name.lower()
        if key in views and not command.replaces:
            raise analysis_error("TEMP_TABLE_OR_VIEW_ALREADY_EXISTS", relationName=f"`{command.name}`")
        views[key] = plan

    def create_live_view(self, name: str, schema: StructType, read: Callable[[], pa.Table]) -> None:
        """A view whose rows are what `read` answers at the time of the query (a memory sink)."""
        self._views.pop(name.lower(), None)
        self._live_views[name.lower()] = (schema, read)

    def drop_view(self, name: str, *, is_global: bool = False) -> bool:
        views = self._global_views if is_global else self._views
        return views.pop(name.lower(), None) is not None

    def register_function(self, name: str, function: u.PythonFunction) -> None:
        self._functions[name.lower()] = function

    def hold_relation(self, relation_id: str, plan: LogicalPlan) -> None:
        self._held[relation_id] = plan

    def release_relation(self, relation_id: str) -> None:
        self._held.pop(relation_id, None)

    # ------------------------------------------------------------------------------------------ look-ups

    def find_relation(
        self, parts: tuple[str, ...], options: u.Options, is_streaming: bool, ids: Ids
    ) -> LogicalPlan | None:
        live = self._live_views.get(parts[0].lower()) if len(parts) == 1 else None
        if live is not None:
            schema, read = live
            return LocalRelation(ids.attributes(schema), read())
        view = self._find_view(parts)
        return with_fresh_ids(view, ids) if view is not None else None

    def _find_view(self, parts: tuple[str, ...]) -> LogicalPlan | None:
        names = [part.lower() for part in parts]
        if len(names) == 2 and names[0] == GLOBAL_DATABASE:
            return self._global_views.get(names[1])
        return self._views.get(names[0]) if len(names) == 1 else None

    def find_function(self, name: str) -> u.PythonFunction | None:
        return self._functions.get(name.lower())

    def find_remote_relation(self, relation_id: str) -> LogicalPlan | None:
        return self._held.get(relation_id)

    def load(self, source: u.DataSource, ids: Ids) -> LogicalPlan:
        raise not_supported(f"Data source {source.format}", "It comes next.")

    def distinct_values(self, plan: LogicalPlan, limit: int) -> list[object]:
        if self._collect is None:
            raise RuntimeError("the catalog is not bound to a pipeline")
        column = plan.output[0]
        distinct = Limit(Sort(Deduplicate(plan, plan.output), (SortOrder(column),)), limit)
        return list(self._collect(distinct).column(0).to_pylist())

    def run_command(self, operation: str, arguments: Mapping[str, object]) -> u.LocalRelation:
        raise not_supported(f"spark.catalog.{operation}", "It comes next.")

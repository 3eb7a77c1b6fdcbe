"""Names of a session: temporary views, registered functions, held relations. Tables are the warehouse's."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa

from unbounded.analysis.context import Ids
from unbounded.analysis.plans import with_fresh_ids
from unbounded.errors import analysis_error
from unbounded.plan import unresolved as u
from unbounded.plan.logical import LocalRelation, LogicalPlan, Stored
from unbounded.session.config import SessionConfig
from unbounded.session.persisted import PersistedRelations
from unbounded.types.datatypes import StructType

GLOBAL_DATABASE = "global_temp"


class SessionCatalog:
    """What a session names; `query_catalog` looks here first."""

    def __init__(self, config: SessionConfig) -> None:
        self.config = config
        self.current_database = "default"
        self._views: dict[str, LogicalPlan] = {}
        self._global_views: dict[str, LogicalPlan] = {}
        self._functions: dict[str, u.PythonFunction] = {}
        self._held: dict[str, LogicalPlan] = {}
        self._live_views: dict[str, tuple[StructType, Callable[[], pa.Table]]] = {}
        self._cached: set[tuple[str, ...]] = set()
        self.persisted = PersistedRelations()

    def copy(self, config: SessionConfig) -> SessionCatalog:
        copied = SessionCatalog(config)
        copied.current_database = self.current_database
        copied._views = dict(self._views)
        copied._global_views = self._global_views
        copied._functions = dict(self._functions)
        return copied

    # ------------------------------------------------------------------------------------------ changes

    def create_view(self, command: u.CreateView, plan: LogicalPlan) -> None:
        """Raises: SparkError TEMP_TABLE_OR_VIEW_ALREADY_EXISTS, COLUMN_ALREADY_EXISTS"""
        names = [a.name.lower() for a in plan.output]
        repeated = next((n for n in names if names.count(n) > 1), None)
        if repeated is not None and command.refuses_duplicates:
            raise analysis_error("COLUMN_ALREADY_EXISTS", columnName=f"`{repeated}`")
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
        was_live = not is_global and self._live_views.pop(name.lower(), None) is not None
        return views.pop(name.lower(), None) is not None or was_live

    def drop_view_parts(self, parts: tuple[str, ...]) -> bool:
        """Drops the temporary view called `parts`, if there is one."""
        if len(parts) == 2 and parts[0].lower() == GLOBAL_DATABASE:
            return self.drop_view(parts[1], is_global=True)
        return len(parts) == 1 and self.drop_view(parts[0])

    def cache(self, parts: tuple[str, ...]) -> None:
        """Remembers that a program asked for it; rows are not kept."""
        self._cached.add(_lower(parts))

    def uncache(self, parts: tuple[str, ...]) -> None:
        self._cached.discard(_lower(parts))

    def is_cached(self, parts: tuple[str, ...]) -> bool:
        return _lower(parts) in self._cached

    def clear_cache(self) -> None:
        self._cached.clear()

    def register_function(self, name: str, function: u.PythonFunction) -> None:
        self._functions[name.lower()] = function

    def hold_relation(self, relation_id: str, plan: LogicalPlan) -> None:
        self._held[relation_id] = plan

    def release_relation(self, relation_id: str) -> None:
        held = self._held.pop(relation_id, None)
        if isinstance(held, Stored):
            held.rows.drop()
        self.persisted.remove_over(relation_id)

    def close(self) -> None:
        """Drops the rows the session keeps."""
        for relation_id in list(self._held):
            self.release_relation(relation_id)
        self.persisted.clear()

    # ------------------------------------------------------------------------------------------ look-ups

    def find_view(self, parts: tuple[str, ...], ids: Ids) -> LogicalPlan | None:
        """The temporary view called `parts`, with fresh column ids."""
        live = self._live_views.get(parts[0].lower()) if len(parts) == 1 else None
        if live is not None:
            schema, read = live
            return LocalRelation(ids.attributes(schema), read())
        view = self._find_view(parts)
        return with_fresh_ids(view, ids) if view is not None else None

    def has_view(self, parts: tuple[str, ...]) -> bool:
        is_live = len(parts) == 1 and parts[0].lower() in self._live_views
        return is_live or self._find_view(parts) is not None

    def view_names(self) -> list[str]:
        """The session's own temporary views, sorted."""
        return sorted({*self._views, *self._live_views})

    def function_names(self) -> frozenset[str]:
        return frozenset(self._functions)

    def _find_view(self, parts: tuple[str, ...]) -> LogicalPlan | None:
        names = [part.lower() for part in parts]
        if len(names) == 2 and names[0] == GLOBAL_DATABASE:
            return self._global_views.get(names[1])
        return self._views.get(names[0]) if len(names) == 1 else None

    def find_function(self, name: str) -> u.PythonFunction | None:
        return self._functions.get(name.lower())

    def find_remote_relation(self, relation_id: str) -> LogicalPlan | None:
        return self._held.get(relation_id)


def _lower(parts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(part.lower() for part in parts)

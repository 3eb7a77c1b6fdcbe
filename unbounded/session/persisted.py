"""df.persist(): which relations the session keeps the rows of. Recognises them inside any later query."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from unbounded.execution.stored_rows import StoredRows
from unbounded.lowering.lowered import LoweredQuery
from unbounded.plan import unresolved as u
from unbounded.plan.identity import identity_of_relation
from unbounded.plan.logical import Computed, LogicalPlan, Stored
from unbounded.plan.streaming import is_streaming
from unbounded.plan.tree import contains
from unbounded.session.storage_level import NOT_STORED, StorageLevel


@dataclass(slots=True)
class _Kept:
    level: StorageLevel
    rows: StoredRows | None = None


class PersistedRelations:
    """By identity, so that the same query built again finds the rows too. Safe to use from several threads."""

    def __init__(self) -> None:
        self._kept: dict[object, _Kept] = {}
        self._lock = Lock()

    def add(self, relation: u.Relation, level: StorageLevel) -> None:
        """A relation that is persisted already keeps its rows and level, as in Spark."""
        with self._lock:
            self._kept.setdefault(identity_of_relation(relation), _Kept(level))

    def remove(self, relation: u.Relation) -> None:
        with self._lock:
            kept = self._kept.pop(identity_of_relation(relation), None)
        _drop(kept)

    def remove_over(self, relation_id: str) -> None:
        """Lets go of the rows of relations built over a held relation, which nobody can ask for again."""
        held = u.CachedRemoteRelation(relation_id)
        with self._lock:
            found = [identity for identity in self._kept if contains(identity, lambda node: node == held)]
            gone = [self._kept.pop(identity) for identity in found]
        for kept in gone:
            _drop(kept)

    def clear(self) -> None:
        with self._lock:
            everything, self._kept = list(self._kept.values()), {}
        for kept in everything:
            _drop(kept)

    def level(self, relation: u.Relation) -> StorageLevel:
        with self._lock:
            kept = self._kept.get(identity_of_relation(relation)) if self._kept else None
        return kept.level if kept else NOT_STORED

    def stored(
        self, relation: u.Relation, plan: LogicalPlan, lower: Callable[[LogicalPlan], LoweredQuery]
    ) -> LogicalPlan:
        """`plan` itself, or the rows kept for `relation` under the columns of `plan`. Streams are never kept."""
        if not self._kept:
            return plan
        with self._lock:
            kept = self._kept.get(identity_of_relation(relation))
            if kept is None or is_streaming(plan):
                return plan
            if kept.rows is None:
                kept.rows = StoredRows(lower(plan))
            return Stored(kept.rows, plan.output, Computed(plan))


def _drop(kept: _Kept | None) -> None:
    if kept is not None and kept.rows is not None:
        kept.rows.drop()

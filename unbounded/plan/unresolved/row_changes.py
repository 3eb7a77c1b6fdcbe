"""Unresolved commands that change rows of a table: UPDATE, DELETE, MERGE."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from unbounded.errors import Origin
from unbounded.plan.unresolved.parents import Command, Expression, Relation


@dataclass(frozen=True, slots=True)
class Assignment:
    """`column = value`; None is DEFAULT."""

    column: tuple[str, ...]
    value: Expression | None
    origin: Origin | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class DeleteFrom(Command):
    table: tuple[str, ...]
    alias: str | None = None
    condition: Expression | None = None
    origin: Origin | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class UpdateTable(Command):
    table: tuple[str, ...]
    assignments: tuple[Assignment, ...]
    alias: str | None = None
    condition: Expression | None = None
    origin: Origin | None = field(default=None, compare=False, repr=False)


class MergeMatch(Enum):
    """Which rows a WHEN clause is about."""

    MATCHED = "matched"
    NOT_MATCHED = "not matched"
    NOT_MATCHED_BY_SOURCE = "not matched by source"


class MergeAction(Enum):
    """The value is what errors call it."""

    UPDATE = "UPDATE"
    UPDATE_ALL = "UPDATE SET *"
    DELETE = "DELETE"
    INSERT = "INSERT"
    INSERT_ALL = "INSERT *"


@dataclass(frozen=True, slots=True)
class MergeClause:
    match: MergeMatch
    action: MergeAction
    condition: Expression | None = None
    assignments: tuple[Assignment, ...] = ()


@dataclass(frozen=True, slots=True)
class MergeInto(Command):
    """MERGE INTO table USING source ON condition WHEN …, and df.mergeInto(…)."""

    table: tuple[str, ...]
    source: Relation
    condition: Expression
    clauses: tuple[MergeClause, ...]
    alias: str | None = None
    evolves_schema: bool = False
    origin: Origin | None = field(default=None, compare=False, repr=False)

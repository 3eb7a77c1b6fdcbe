"""Unresolved commands for the upkeep of Delta tables."""

from __future__ import annotations

from dataclasses import dataclass

from unbounded.plan.unresolved.parents import Command, Options
from unbounded.types.datatypes import StructType


@dataclass(frozen=True, slots=True)
class OptimizeTable(Command):
    """`z_order`: columns whose near values come into one file; without them small files become large ones."""

    table: tuple[str, ...]
    z_order: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class VacuumTable(Command):
    """`retain_hours` None: as long as the table says."""

    table: tuple[str, ...]
    retain_hours: float | None = None
    is_dry_run: bool = False


@dataclass(frozen=True, slots=True)
class DescribeHistory(Command):
    table: tuple[str, ...]
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class DescribeDetail(Command):
    table: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RestoreTable(Command):
    """To a version or to a time; one of them is given."""

    table: tuple[str, ...]
    version: int | None = None
    timestamp: str | None = None


@dataclass(frozen=True, slots=True)
class SetTableProperties(Command):
    table: tuple[str, ...]
    properties: Options


@dataclass(frozen=True, slots=True)
class AddColumns(Command):
    table: tuple[str, ...]
    columns: StructType

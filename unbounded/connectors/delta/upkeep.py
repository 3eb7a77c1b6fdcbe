"""Upkeep of Delta tables by delta-rs: small files into large ones, files that nothing needs, earlier versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from unbounded.connectors.delta.library import library
from unbounded.connectors.delta.table import guarded, open_table
from unbounded.types.datatypes import StructType
from unbounded.types.json_form import to_json


def compact(path: str, z_order: Sequence[str] = ()) -> Mapping[str, Any]:
    """Small files become large ones in one version without a change of rows; what delta-rs counted."""
    optimizer = open_table(path).optimize
    metrics = guarded(path, lambda: optimizer.z_order(list(z_order)) if z_order else optimizer.compact())
    assert isinstance(metrics, Mapping)
    return metrics


def vacuum(path: str, retain_hours: float | None, *, is_dry_run: bool, checks_retention: bool) -> Sequence[str]:
    """Names of the files deleted (to be deleted) that no version younger than `retain_hours` has."""
    hours = None if retain_hours is None else int(retain_hours)
    table = open_table(path)
    found = guarded(path, lambda: table.vacuum(hours, is_dry_run, checks_retention, full=True))
    return [str(name) for name in found]


def restore(path: str, version: int) -> None:
    table = open_table(path)
    guarded(path, lambda: table.restore(version, protocol_downgrade_allowed=False))


def add_columns(path: str, columns: StructType) -> None:
    table = open_table(path)
    guarded(path, lambda: table.alter.add_columns(library().Schema.from_json(to_json(columns)).fields))

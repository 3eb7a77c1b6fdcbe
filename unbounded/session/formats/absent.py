"""Formats that Spark or its users have and this engine has not: each is refused by name, with what to use instead."""

from __future__ import annotations

from unbounded.connectors.formats import INSTEAD
from unbounded.session.formats.api import DataSourceFormat

FORMATS = tuple(DataSourceFormat((name,), instead=instead) for name, instead in INSTEAD.items())

"""The parents of all unresolved nodes, and the options of readers and writers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias


class Expression:
    """Parent of all unresolved expressions. Those an error may point at have an `origin`, which does not compare."""


class Relation:
    """Parent of all unresolved relations (things with rows)."""


class Command:
    """Parent of all commands (things with an effect)."""


Options: TypeAlias = tuple[tuple[str, str], ...]
"""Reader and writer options in the order given; keys keep their case, look-ups ignore it."""


def option(options: Options, key: str) -> str | None:
    """Value of the last option called `key`, ignoring case; None if absent."""
    return lower_case_options(options).get(key.lower())


def lower_case_options(options: Options) -> Mapping[str, str]:
    return {key.lower(): value for key, value in options}

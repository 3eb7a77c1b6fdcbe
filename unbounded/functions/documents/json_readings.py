"""Texts that Spark's JSON parser reads and the engine's does not: what stands behind the first value, other quotes."""

from __future__ import annotations

from unbounded.connectors.files.format_options import JsonOptions
from unbounded.functions.engine import text

_REPAIRS: tuple[tuple[str, str, str], ...] = (
    ("allows_comments", "(?s)/\\*.*?\\*/|//[^\\n]*", ""),
    ("allows_single_quotes", """'([^'"\\\\]*)'""", '"\\1"'),
    ("allows_unquoted_names", "([{,]\\s*)([A-Za-z_$][A-Za-z0-9_$]*)\\s*:", '\\1"\\2":'),
    ("allows_leading_zeros", "([:\\[,]\\s*-?)0+([0-9])", "\\1\\2"),
    ("allows_any_escape", """\\\\([^"\\\\/bfnrtu])""", "\\1"),
    ("allows_control_characters", "[\\x00-\\x1f]", " "),
)
"""Options under which Spark reads more than JSON: how a text that is not JSON is changed before it is tried again."""


def readings(document: str, options: JsonOptions) -> list[str]:
    """The texts to try for a document, in order: itself, up to its last brace (Spark does not look at what stands
    behind the first object), and repaired as the options allow."""
    repaired = document
    for name, pattern, replacement in _REPAIRS:
        if getattr(options, name):
            repaired = f"regexp_replace({repaired}, {text(pattern)}, {text(replacement)}, 'g')"
    found = [document, f"regexp_extract({document}, '(?s)^.*}}')"]
    return found if repaired == document else [*found, f"regexp_extract({repaired}, '(?s)^.*}}')"]


def valid_text(document: str, options: JsonOptions) -> str:
    """The document as JSON that the engine reads; NULL if there is no reading of it."""
    first, *others = [*readings(document, options), f"regexp_extract({document}, '(?s)^.*\\]')"]
    rest = " ".join(f"WHEN json_valid({reading}) THEN {reading}" for reading in others)
    return f"CASE WHEN json_valid({first}) THEN {first} {rest} END"

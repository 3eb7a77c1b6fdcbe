"""Kernels of regular expressions: for patterns that change from row to row, and for what the engine's RE2 lacks."""

from __future__ import annotations

from collections.abc import Callable

from unbounded.functions.kernels.kernel import Kernel, per_row
from unbounded.functions.patterns.compiled import check_group, compile_pattern, replacement_parts


def _test(function: str) -> Callable[[str, str], bool]:
    return lambda text, pattern: compile_pattern(pattern, function).python.search(text) is not None


def _extract(text: str, pattern: str, group: int) -> str:
    compiled = compile_pattern(pattern, "regexp_extract")
    found = compiled.python.search(text)
    check_group(compiled, group, "regexp_extract")
    return (found[group] or "") if found else ""


def _extract_all(text: str, pattern: str, group: int) -> list[str]:
    compiled = compile_pattern(pattern, "regexp_extract_all")
    check_group(compiled, group, "regexp_extract_all")
    return [found[group] or "" for found in compiled.python.finditer(text)]


def _replace(text: str, pattern: str, replacement: str, position: int) -> str:
    """From the position on; the text before it is as if it were not there."""
    compiled = compile_pattern(pattern, "regexp_replace")
    parts = replacement_parts(replacement, compiled)
    rest = text[position - 1 :]
    if position > len(text) + 1:
        return text
    changed = compiled.python.sub(
        lambda found: "".join(part if isinstance(part, str) else found[part] or "" for part in parts), rest
    )
    return text[: position - 1] + changed


def _count(text: str, pattern: str) -> int:
    return sum(1 for _ in compile_pattern(pattern, "regexp_extract_all").python.finditer(text))


def _position(text: str, pattern: str) -> int:
    found = compile_pattern(pattern, "regexp_instr").python.search(text)
    return found.start() + 1 if found else 0


def _substring(text: str, pattern: str) -> str | None:
    found = compile_pattern(pattern, "regexp_extract").python.search(text)
    return found[0] if found else None


def _split(text: str, pattern: str, limit: int) -> list[str]:
    """java.util.regex.Pattern.split; an empty pattern takes the text apart into its characters."""
    if not pattern and text:
        count = len(text) if limit <= 0 else min(limit, len(text))
        return [*text[: count - 1], text[count - 1 :]]
    parts: list[str] = []
    index = 0
    for found in compile_pattern(pattern, "split").python.finditer(text):
        if 0 < limit <= len(parts) + 1:
            break
        if found.end() == 0:
            continue
        parts.append(text[index : found.start()])
        index = found.end()
    return [*parts, text[index:]]


KERNELS: dict[str, Kernel] = {
    **{name: per_row(_test(name), ("VARCHAR", "VARCHAR"), "BOOLEAN") for name in ("rlike", "regexp", "regexp_like")},
    "regexp_extract": per_row(_extract, ("VARCHAR", "VARCHAR", "INTEGER"), "VARCHAR"),
    "regexp_extract_all": per_row(_extract_all, ("VARCHAR", "VARCHAR", "INTEGER"), "VARCHAR[]"),
    "regexp_replace": per_row(_replace, ("VARCHAR", "VARCHAR", "VARCHAR", "INTEGER"), "VARCHAR"),
    "regexp_count": per_row(_count, ("VARCHAR", "VARCHAR"), "INTEGER"),
    "regexp_instr": per_row(_position, ("VARCHAR", "VARCHAR"), "INTEGER"),
    "regexp_substr": per_row(_substring, ("VARCHAR", "VARCHAR"), "VARCHAR"),
    "split": per_row(_split, ("VARCHAR", "VARCHAR", "INTEGER"), "VARCHAR[]"),
}

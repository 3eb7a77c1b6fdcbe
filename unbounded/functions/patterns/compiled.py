"""One Java pattern made ready to run: for the engine where it can, for Python always. Cached by its text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache

from unbounded.errors import NO_CONDITION, ErrorKind, SparkError, not_supported
from unbounded.functions.naming import text_name
from unbounded.functions.patterns.parser import PatternError, UnsupportedPattern, parse_pattern
from unbounded.functions.patterns.syntax import JavaPattern, least_width
from unbounded.functions.patterns.targets import NotInRe2, has_line_end_anchor, to_python, to_re2


@dataclass(frozen=True)
class Compiled:
    """`re2` asks for the whole result, `re2_test` only for whether there is a match; None if RE2 cannot."""

    tree: JavaPattern
    re2: str | None
    re2_test: str | None

    @property
    def can_be_empty(self) -> bool:
        return least_width(self.tree.root) == 0

    @property
    def minds_line_end(self) -> bool:
        return has_line_end_anchor(self.tree.root)

    @cached_property
    def python(self) -> re.Pattern[str]:
        """Raises: SparkError UNBOUNDED_NOT_SUPPORTED"""
        try:
            return re.compile(to_python(self.tree.root), re.ASCII)
        except (re.error, UnsupportedPattern) as error:
            raise _refused(str(error)) from None


def compile_pattern(pattern: str, function: str) -> Compiled:
    """Raises: SparkError INVALID_PARAMETER_VALUE.PATTERN (naming `function`), UNBOUNDED_NOT_SUPPORTED"""
    try:
        return _compile(pattern)
    except PatternError:
        parameters = {"parameter": "`regexp`", "functionName": f"`{function}`", "value": text_name(pattern)}
        raise SparkError(ErrorKind.RUNTIME, "INVALID_PARAMETER_VALUE.PATTERN", parameters) from None
    except UnsupportedPattern as error:
        raise _refused(str(error)) from None


def check_group(compiled: Compiled, index: int, function: str) -> None:
    """Raises: SparkError INVALID_PARAMETER_VALUE.REGEX_GROUP_INDEX"""
    if 0 <= index <= compiled.tree.groups:
        return
    parameters = {
        "parameter": "`idx`",
        "functionName": f"`{function}`",
        "groupCount": str(compiled.tree.groups),
        "groupIndex": str(index),
    }
    raise SparkError(ErrorKind.RUNTIME, "INVALID_PARAMETER_VALUE.REGEX_GROUP_INDEX", parameters)


@lru_cache(maxsize=512)
def _compile(pattern: str) -> Compiled:
    tree = parse_pattern(pattern)
    try:
        return Compiled(tree, to_re2(tree.root, False), to_re2(tree.root, True))
    except NotInRe2:
        return Compiled(tree, None, None)


def _refused(what: str) -> SparkError:
    return not_supported(f"The regular expression ({what})", "Write it without that construct.")


def replacement_parts(replacement: str, compiled: Compiled) -> list[str | int]:
    """Texts and group numbers of a Java replacement: `$1`, `${name}`, and `\\` before a plain character.

    Raises: SparkError for a group that is not there
    """
    parts: list[str | int] = []
    position = 0
    while position < len(replacement):
        character = replacement[position]
        position += 1
        if character == "\\":
            if position == len(replacement):
                raise _illegal("character to be escaped is missing")
            parts.append(replacement[position])
            position += 1
        elif character == "$":
            group, position = _group_at(replacement, position, compiled)
            parts.append(group)
        else:
            parts.append(character)
    return parts


def _group_at(replacement: str, position: int, compiled: Compiled) -> tuple[int, int]:
    """The group number behind a `$`, and where the text goes on; as many digits as name a group count."""
    if replacement[position : position + 1] == "{":
        name, closing, _ = replacement[position + 1 :].partition("}")
        if not closing or name not in compiled.tree.names:
            raise _illegal(f"No group with name {{{name}}}")
        return compiled.python.groupindex[name], position + len(name) + 2
    digits = replacement[position : position + 1]
    if not digits.isdigit():
        raise _illegal("Illegal group reference")
    while (more := replacement[position + len(digits) : position + len(digits) + 1]).isdigit():
        if int(digits + more) > compiled.tree.groups:
            break
        digits += more
    if int(digits) > compiled.tree.groups:
        raise _illegal(f"No group {digits}")
    return int(digits), position + len(digits)


def _illegal(message: str) -> SparkError:
    return SparkError(ErrorKind.ILLEGAL_ARGUMENT, NO_CONDITION, {"message": message})

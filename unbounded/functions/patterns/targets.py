"""Writes the tree of a Java pattern for RE2 (the engine's) and for Python's `re`.

RE2 runs in linear time and has no look-around, references, possessive or atomic parts; these go to Python.
"""

from __future__ import annotations

from collections.abc import Callable

from unbounded.functions.patterns.char_sets import CharSet, category_members, complement, normalized
from unbounded.functions.patterns.parser import UnsupportedPattern
from unbounded.functions.patterns.syntax import (
    Alternation,
    Anchor,
    AnchorNode,
    Any,
    Character,
    Group,
    GroupKind,
    Node,
    Reference,
    Repeat,
    Sequence,
)

_MOST_REPEATS = 1000
"""RE2's bound of `{n,m}`."""
_SPECIAL = frozenset(r"\.+*?()|[]{}^$-&~#/ " + "\"'")
_LINE_END = r"(?:\r\n|[\n\r\x85\u2028\u2029])"
_LINE_END_RE2 = r"(?:\r\n|[\n\r\x{85}\x{2028}\x{2029}])"


class NotInRe2(Exception):
    """The pattern uses what RE2 lacks."""


def to_re2(node: Node, is_test: bool) -> str:
    """`is_test`: only whether it matches is asked, so that `$` may take in the last line end.

    Raises: NotInRe2
    """
    return _write(node, lambda n: _re2_leaf(n, is_test), _re2_repeat, _re2_group)


def to_python(node: Node) -> str:
    """For `re.compile(…, re.ASCII)`. Raises: UnsupportedPattern"""
    return _write(node, _python_leaf, _python_repeat, _python_group)


def has_line_end_anchor(node: Node) -> bool:
    """Whether `$` or `\\Z` stands somewhere, so that a line end at the end of a text matters."""
    match node:
        case AnchorNode(anchor=anchor):
            return anchor in (Anchor.LINE_END, Anchor.END_BEFORE_LINE_END)
        case Group(body=body) | Repeat(body=body):
            return has_line_end_anchor(body)
        case Sequence(items=items) | Alternation(choices=items):
            return any(map(has_line_end_anchor, items))
        case _:
            return False


def _write(
    node: Node,
    leaf: Callable[[Node], str],
    repeat: Callable[[Repeat, str], str],
    group: Callable[[Group, str], str],
) -> str:
    match node:
        case Sequence(items=items):
            return "".join(_write(item, leaf, repeat, group) for item in items)
        case Alternation(choices=choices):
            return "|".join(_write(choice, leaf, repeat, group) for choice in choices)
        case Repeat(body=body):
            return repeat(node, _write(body, leaf, repeat, group))
        case Group(body=body):
            return group(node, _write(body, leaf, repeat, group))
        case _:
            return leaf(node)


def _counts(node: Repeat) -> str:
    match node.least, node.most:
        case 0, None:
            return "*"
        case 1, None:
            return "+"
        case 0, 1:
            return "?"
        case least, most if least == most:
            return f"{{{least}}}"
        case least, most:
            return f"{{{least},{'' if most is None else most}}}"


# ---------------------------------------------------------------------------------------------- RE2


def _re2_repeat(node: Repeat, body: str) -> str:
    if node.suffix == "+" or max(node.least, node.most or 0) > _MOST_REPEATS:
        raise NotInRe2
    inner = f"(?:{body})" if isinstance(node.body, Repeat) else body
    return f"{inner}{_counts(node)}{node.suffix}"


def _re2_group(node: Group, body: str) -> str:
    if node.kind not in (GroupKind.CAPTURE, GroupKind.PLAIN):
        raise NotInRe2
    return f"(?P<{node.name}>{body})" if node.name else f"{node.kind.value}{body})"


def _re2_leaf(node: Node, is_test: bool) -> str:
    match node:
        case Character(code=code):
            return _re2_character(code)
        case Any(matches_line_ends=matches):
            return r"(?s:.)" if matches else r"[^\n\r\x{85}\x{2028}\x{2029}]"
        case CharSet():
            return _re2_set(node)
        case AnchorNode(anchor=anchor, is_multiline=is_multiline):
            return _re2_anchor(anchor, is_multiline, is_test)
        case _:
            raise NotInRe2


def _re2_anchor(anchor: Anchor, is_multiline: bool, is_test: bool) -> str:
    if is_multiline and anchor in (Anchor.LINE_START, Anchor.LINE_END):
        return f"(?m:{anchor.value})"
    match anchor:
        case Anchor.LINE_END | Anchor.END_BEFORE_LINE_END:
            return rf"{_LINE_END_RE2}?\z" if is_test else r"\z"
        case Anchor.LINE_START:
            return r"\A"
        case _:
            return str(anchor.value)


def _re2_character(code: int) -> str:
    character = chr(code)
    if character in _SPECIAL and character != " ":
        return f"\\{character}" if character not in "\"'" else character
    return character if code >= 0x20 and code != 0x7F else f"\\x{{{code:x}}}"


def _re2_set(chosen: CharSet) -> str:
    members = "".join(
        f"\\x{{{low:x}}}" if low == high else f"\\x{{{low:x}}}-\\x{{{high:x}}}"
        for low, high in normalized(chosen.intervals)
    )
    members += "".join(f"\\{'P' if is_negated else 'p'}{{{name}}}" for name, is_negated in chosen.properties)
    return f"[{'^' if chosen.is_negated else ''}{members}]"


# ---------------------------------------------------------------------------------------------- Python


def _python_repeat(node: Repeat, body: str) -> str:
    inner = f"(?:{body})" if isinstance(node.body, Repeat) else body
    return f"{inner}{_counts(node)}{node.suffix}"


def _python_group(node: Group, body: str) -> str:
    return f"(?P<{node.name}>{body})" if node.name else f"{node.kind.value}{body})"


def _python_leaf(node: Node) -> str:
    match node:
        case Character(code=code):
            return _python_character(code)
        case Any(matches_line_ends=matches):
            return r"(?s:.)" if matches else r"[^\n\r\x85\u2028\u2029]"
        case CharSet():
            return _python_set(node)
        case Reference(group=name):
            return f"(?:\\{name})" if name.isdigit() else f"(?P={name})"
        case AnchorNode(anchor=anchor, is_multiline=is_multiline):
            return _python_anchor(anchor, is_multiline)
        case _:
            raise TypeError(f"{type(node).__name__} is no leaf")


def _python_anchor(anchor: Anchor, is_multiline: bool) -> str:
    match anchor:
        case Anchor.LINE_END if is_multiline:
            return rf"(?={_LINE_END}|\Z)"
        case Anchor.LINE_START if is_multiline:
            return r"(?:\A|(?<=[\n\r\x85\u2028\u2029])(?!\Z))"
        case Anchor.LINE_END | Anchor.END_BEFORE_LINE_END:
            return rf"(?={_LINE_END}?\Z)"
        case Anchor.LINE_START | Anchor.START:
            return r"\A"
        case Anchor.END:
            return r"\Z"
        case _:
            return str(anchor.value)


def _python_character(code: int) -> str:
    character = chr(code)
    return f"\\{character}" if character in _SPECIAL else character


def _python_set(chosen: CharSet) -> str:
    intervals = list(chosen.intervals)
    for name, is_negated in chosen.properties:
        members = category_members(name)
        if members is None:
            raise UnsupportedPattern(f"\\p{{{name}}} beside look-around or references")
        intervals += complement(members) if is_negated else members
    shown = "".join(
        _code(low) if low == high else f"{_code(low)}-{_code(high)}" for low, high in normalized(tuple(intervals))
    )
    return f"[{'^' if chosen.is_negated else ''}{shown}]" if shown else (r"(?s:.)" if chosen.is_negated else r"(?!)")


def _code(code: int) -> str:
    return f"\\U{code:08x}"

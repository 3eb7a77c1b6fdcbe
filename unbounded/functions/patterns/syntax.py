"""The tree of a Java regular expression. Values only; `parser` makes it, `targets` writes it in other dialects."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from unbounded.functions.patterns.char_sets import CharSet


class Anchor(Enum):
    LINE_START = "^"
    LINE_END = "$"
    START = r"\A"
    END = r"\z"
    END_BEFORE_LINE_END = r"\Z"
    WORD = r"\b"
    NOT_WORD = r"\B"


class GroupKind(Enum):
    """How a group opens."""

    CAPTURE = "("
    PLAIN = "(?:"
    LOOK_AHEAD = "(?="
    NOT_AHEAD = "(?!"
    LOOK_BEHIND = "(?<="
    NOT_BEHIND = "(?<!"
    ATOMIC = "(?>"


@dataclass(frozen=True, slots=True)
class Character:
    code: int


@dataclass(frozen=True, slots=True)
class Any:
    """The dot."""

    matches_line_ends: bool


@dataclass(frozen=True, slots=True)
class Reference:
    group: str


@dataclass(frozen=True, slots=True)
class AnchorNode:
    anchor: Anchor
    is_multiline: bool


@dataclass(frozen=True, slots=True)
class Group:
    """`flags`: letters switched on for the body (only `i`: the others are resolved while parsing)."""

    kind: GroupKind
    body: Node
    name: str = ""
    flags: str = ""


@dataclass(frozen=True, slots=True)
class Repeat:
    """`suffix`: "" greedy, "?" reluctant, "+" possessive. `most` None: without a limit."""

    body: Node
    least: int
    most: int | None
    suffix: str


@dataclass(frozen=True, slots=True)
class Sequence:
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Alternation:
    choices: tuple[Node, ...]


Node = Character | Any | CharSet | Reference | AnchorNode | Group | Repeat | Sequence | Alternation


@dataclass(frozen=True, slots=True)
class JavaPattern:
    root: Node
    groups: int
    names: tuple[str, ...]


def least_width(node: Node) -> int:
    """How many characters a match of `node` has at least."""
    match node:
        case Character() | Any() | CharSet():
            return 1
        case Reference() | AnchorNode():
            return 0
        case Group(kind=kind, body=body):
            return least_width(body) if kind in (GroupKind.CAPTURE, GroupKind.PLAIN, GroupKind.ATOMIC) else 0
        case Repeat(body=body, least=least):
            return least * least_width(body)
        case Sequence(items=items):
            return sum(map(least_width, items))
        case Alternation(choices=choices):
            return min(map(least_width, choices))

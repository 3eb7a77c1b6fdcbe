"""Reads a Java regular expression (java.util.regex.Pattern) into its tree. Knows no other dialect."""

from __future__ import annotations

from collections.abc import Callable

from unbounded.functions.patterns.char_sets import ESCAPED, LINE_ENDS, CharSet, property_set
from unbounded.functions.patterns.syntax import (
    Alternation,
    Anchor,
    AnchorNode,
    Any,
    Character,
    Group,
    GroupKind,
    JavaPattern,
    Node,
    Reference,
    Repeat,
    Sequence,
)


class PatternError(Exception):
    """The text is not a valid pattern."""


class UnsupportedPattern(Exception):
    """The pattern is valid, but cannot be run here; the text says what it uses."""


_CONTROLS = {"t": 0x09, "n": 0x0A, "r": 0x0D, "f": 0x0C, "a": 0x07, "e": 0x1B}
_ANCHORS = {"A": Anchor.START, "z": Anchor.END, "Z": Anchor.END_BEFORE_LINE_END, "b": Anchor.WORD, "B": Anchor.NOT_WORD}
_OPENINGS = {"=": GroupKind.LOOK_AHEAD, "!": GroupKind.NOT_AHEAD, ">": GroupKind.ATOMIC, ":": GroupKind.PLAIN}
_FLAGS = frozenset("idmsuxU")
_QUANTIFIERS = {"*": (0, None), "+": (1, None), "?": (0, 1)}


def parse_pattern(text: str) -> JavaPattern:
    """Raises: PatternError, UnsupportedPattern"""
    return _Parser(text).pattern()


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._position = 0
        self._groups = 0
        self._names: list[str] = []
        self._flags: frozenset[str] = frozenset()

    def pattern(self) -> JavaPattern:
        root = self._alternation()
        if self._position < len(self._text):
            raise PatternError("unmatched )")
        return JavaPattern(root, self._groups, tuple(self._names))

    # ------------------------------------------------------------------------------------------ characters

    def _peek(self) -> str:
        return self._text[self._position : self._position + 1]

    def _take(self) -> str:
        character = self._peek()
        if not character:
            raise PatternError("unexpected end")
        self._position += 1
        return character

    def _accept(self, text: str) -> bool:
        if not self._text.startswith(text, self._position):
            return False
        self._position += len(text)
        return True

    def _until(self, end: str) -> str:
        stop = self._text.find(end, self._position)
        if stop < 0:
            raise PatternError(f"missing {end}")
        taken = self._text[self._position : stop]
        self._position = stop + len(end)
        return taken

    def _skip_comments(self) -> None:
        while "x" in self._flags and self._peek() and (self._peek().isspace() or self._peek() == "#"):
            if self._take() == "#":
                while self._peek() and self._peek() != "\n":
                    self._take()

    # ------------------------------------------------------------------------------------------ structure

    def _alternation(self) -> Node:
        flags = self._flags
        choices = [self._sequence()]
        while self._accept("|"):
            choices.append(self._sequence())
        self._flags = flags
        return choices[0] if len(choices) == 1 else Alternation(tuple(choices))

    def _sequence(self) -> Node:
        items: list[Node] = []
        while True:
            self._skip_comments()
            if self._peek() in ("", "|", ")"):
                return Sequence(tuple(items))
            if self._accept("\\Q"):
                stop = self._text.find("\\E", self._position)
                quoted = self._text[self._position :] if stop < 0 else self._until("\\E")
                self._position = len(self._text) if stop < 0 else self._position
                items.extend(self._literal(ord(c)) for c in quoted)
                continue
            if self._accept("\\E"):
                continue
            items.append(self._quantified(self._atom()))

    def _literal(self, code: int) -> Node:
        """A character; where case is ignored, the pair of its ASCII letters."""
        character = chr(code)
        if "i" in self._flags and character.isascii() and character.isalpha():
            return CharSet(((ord(character.lower()),) * 2, (ord(character.upper()),) * 2))  # type: ignore[arg-type]
        return Character(code)

    def _quantified(self, atom: Node) -> Node:
        while True:
            self._skip_comments()
            character = self._peek()
            if character in _QUANTIFIERS and character:
                self._take()
                least, most = _QUANTIFIERS[character]
            elif character == "{":
                least, most = self._counts()
            else:
                return atom
            suffix = self._take() if self._peek() in ("?", "+") and self._peek() else ""
            atom = Repeat(atom, least, most, suffix)

    def _counts(self) -> tuple[int, int | None]:
        self._take()
        body = self._until("}")
        low, comma, high = body.partition(",")
        if not low.isdigit() or (high and not high.isdigit()):
            raise PatternError("bad repetition")
        most = int(low) if not comma else int(high) if high else None
        if most is not None and most < int(low):
            raise PatternError("bad repetition range")
        return int(low), most

    def _atom(self) -> Node:
        match self._take():
            case "(":
                return self._group()
            case "[":
                return self._folded(self._char_class())
            case ".":
                return Any("s" in self._flags)
            case "^":
                return AnchorNode(Anchor.LINE_START, "m" in self._flags)
            case "$":
                return AnchorNode(Anchor.LINE_END, "m" in self._flags)
            case "\\":
                return self._escape()
            case "*" | "+" | "?":
                raise PatternError("dangling meta character")
            case "{":
                raise PatternError("illegal repetition")
            case character:
                return self._literal(ord(character))

    def _group(self) -> Node:
        if not self._accept("?"):
            self._groups += 1
            return self._closed(GroupKind.CAPTURE)
        if self._accept("<="):
            return self._closed(GroupKind.LOOK_BEHIND)
        if self._accept("<!"):
            return self._closed(GroupKind.NOT_BEHIND)
        if self._accept("<"):
            name = self._until(">")
            if not (name.isascii() and name.isalnum() and name[:1].isalpha()):
                raise PatternError("bad group name")
            self._groups += 1
            self._names.append(name)
            return self._closed(GroupKind.CAPTURE, name)
        if self._peek() in _OPENINGS:
            return self._closed(_OPENINGS[self._take()])
        return self._flag_group()

    def _closed(self, kind: GroupKind, name: str = "") -> Node:
        flags = self._flags
        body = self._alternation()
        self._flags = flags
        if not self._accept(")"):
            raise PatternError("unclosed group")
        return Group(kind, body, name)

    def _flag_group(self) -> Node:
        """`(?i)` up to the end of the group, `(?i:…)` for its own body."""
        on: set[str] = set()
        off: set[str] = set()
        is_on = True
        while (letter := self._take()) not in ":)":
            if letter == "-":
                is_on = False
            elif letter in _FLAGS:
                (on if is_on else off).add(letter)
            else:
                raise PatternError("unknown inline modifier")
        if on & {"U", "d"}:
            raise UnsupportedPattern(f"the flag {min(on & {'U', 'd'})}")
        flags = (self._flags | on) - off
        if letter == ")":
            self._flags = flags
            return Sequence(())
        outer, self._flags = self._flags, flags
        closed = self._closed(GroupKind.PLAIN)
        self._flags = outer
        return closed

    # ------------------------------------------------------------------------------------------ escapes

    def _escape(self) -> Node:
        letter = self._peek()
        if letter in _ANCHORS and letter:
            self._take()
            return AnchorNode(_ANCHORS[letter], False)
        if letter and letter in "123456789":
            return Reference(self._reference_number())
        if letter == "k":
            self._take()
            if not self._accept("<"):
                raise PatternError("missing <")
            return Reference(self._until(">"))
        if letter == "R":
            self._take()
            pair = Sequence((Character(0x0D), Character(0x0A)))
            ends = CharSet((*LINE_ENDS, (0x0B, 0x0C)))
            return Group(GroupKind.PLAIN, Alternation((pair, ends)))
        if letter in ("G", "X", "N") and letter:
            raise UnsupportedPattern(f"\\{letter}")
        chosen = self._escaped_class()
        return self._literal(self._escaped_code()) if chosen is None else self._folded(chosen)

    def _reference_number(self) -> str:
        """As many digits as still name a group that is open or closed."""
        number = self._take()
        while self._peek().isdigit() and int(number + self._peek()) <= self._groups:
            number += self._take()
        return number

    def _escaped_class(self) -> CharSet | None:
        letter = self._peek()
        if letter and letter.lower() in ESCAPED:
            self._take()
            return CharSet(ESCAPED[letter.lower()], is_negated=letter.isupper())
        if letter not in ("p", "P") or not letter:
            return None
        self._take()
        name = self._until("}") if self._accept("{") else self._take()
        is_negated = (letter == "P") != name.startswith("^")
        found = property_set(name.removeprefix("^"))
        if found is None:
            raise UnsupportedPattern(f"\\p{{{name}}}")
        return CharSet(found.intervals, found.properties, is_negated)

    def _escaped_code(self) -> int:
        letter = self._take()
        if letter in _CONTROLS:
            return _CONTROLS[letter]
        match letter:
            case "x" if self._accept("{"):
                return self._number(self._until("}"), 16)
            case "x":
                return self._number(self._take() + self._take(), 16)
            case "u":
                return self._number("".join(self._take() for _ in range(4)), 16)
            case "0":
                digits = ""
                while (
                    len(digits) < 3
                    and self._peek()
                    and self._peek() in "01234567"
                    and int(digits + self._peek(), 8) <= 255
                ):
                    digits += self._take()
                return self._number(digits, 8)
            case "c":
                return ord(self._take()) ^ 64
            case _ if letter.isascii() and letter.isalpha():
                raise PatternError("illegal escape")
            case _:
                return ord(letter)

    @staticmethod
    def _number(digits: str, base: int) -> int:
        try:
            return int(digits, base)
        except ValueError:
            raise PatternError("bad escape") from None

    # ------------------------------------------------------------------------------------------ classes

    def _folded(self, chosen: CharSet) -> CharSet:
        """Where case is ignored, ASCII letters come with their other case."""
        if "i" not in self._flags:
            return chosen
        extra = []
        for low, high in chosen.intervals:
            for first, last, distance in ((0x41, 0x5A, 32), (0x61, 0x7A, -32)):
                start, stop = max(low, first), min(high, last)
                if start <= stop:
                    extra.append((start + distance, stop + distance))
        return CharSet((*chosen.intervals, *extra), chosen.properties, chosen.is_negated)

    def _char_class(self) -> CharSet:
        """What stands behind `[`: a union of characters, ranges and classes; `&&` intersects."""
        is_negated = self._accept("^")
        result = self._union()
        while self._accept("&&"):
            result = self._combined(result, self._union(), CharSet.intersection)
        if not self._accept("]"):
            raise PatternError("unclosed character class")
        return CharSet(result.intervals, result.properties, result.is_negated != is_negated)

    def _union(self) -> CharSet:
        result, is_first = CharSet(), True
        while not (self._peek() == "]" and not is_first) and not self._text.startswith("&&", self._position):
            result = self._combined(result, self._member(), CharSet.union)
            is_first = False
        return result

    def _combined(self, a: CharSet, b: CharSet, combine: Callable[[CharSet, CharSet], CharSet | None]) -> CharSet:
        if a == CharSet() and combine is CharSet.union:
            return b
        combined = combine(a, b)
        if combined is None:
            raise UnsupportedPattern("a class inside a class")
        return combined

    def _member(self) -> CharSet:
        if self._accept("["):
            return self._char_class()
        if self._accept("\\"):
            chosen = self._escaped_class()
            if chosen is not None:
                return chosen
            low = self._escaped_code()
        else:
            low = ord(self._take())
        rest = self._text[self._position : self._position + 2]
        if len(rest) < 2 or rest[0] != "-" or rest[1] in "][":
            return CharSet(((low, low),))
        self._take()
        high = self._escaped_code() if self._accept("\\") else ord(self._take())
        if high < low:
            raise PatternError("illegal character range")
        return CharSet(((low, high),))

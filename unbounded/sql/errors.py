"""Errors about SQL text: Spark's wording, the place in the text and the caret picture below it. No grammar here."""

from __future__ import annotations

from dataclasses import dataclass

from unbounded.errors import ContextKind, ErrorKind, QueryContext, SparkError

_CONTEXT_WIDTH = 32
"""Characters Spark shows before and behind the faulty fragment."""


@dataclass(eq=False)
class SqlParseError(SparkError):
    """A ParseException: `location` is what Spark prints behind the sentence."""

    location: str = ""

    @property
    def message(self) -> str:
        return f"\n{super().message}{self.location}"


class UnexpectedToken(Exception):
    """Raised inside the grammar: the text cannot go on like this at `start` (None: it ends too early)."""

    def __init__(self, start: int | None, end: int, hint: str = "") -> None:
        super().__init__("the text cannot go on like this")
        self.start = start
        self.end = end
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Source:
    """The text of a statement or an expression; builds the errors that point into it."""

    text: str

    def syntax_error(self, start: int | None, end: int = 0, hint: str = "") -> SqlParseError:
        """PARSE_SYNTAX_ERROR at the characters `start` to `end` inclusive; `start` None is the end of the text."""
        shown = "end of input" if start is None else f"'{self.text[start : end + 1]}'"
        position = len(self.text) if start is None else start
        return SqlParseError(
            ErrorKind.PARSE,
            "PARSE_SYNTAX_ERROR",
            {"error": shown, "hint": hint},
            location=self._syntax_location(position),
        )

    def plain_error(self, condition: str, position: int = 0, **parameters: str) -> SqlParseError:
        """Another error shown in the style of a syntax error."""
        return SqlParseError(ErrorKind.PARSE, condition, parameters, location=self._syntax_location(position))

    def error_at(self, condition: str, start: int, end: int, /, **parameters: str) -> SqlParseError:
        """An error about the meaning of the characters `start` to `end` inclusive."""
        context = QueryContext(ContextKind.SQL, self.text[start : end + 1], start, end)
        location = self._fragment_location(start, end)
        return SqlParseError(ErrorKind.PARSE, condition, parameters, (context,), location=location)

    def _syntax_location(self, position: int) -> str:
        line, column = self._line_and_column(position)
        lines = self.text.split("\n")
        above, below = lines[:line], lines[line:]
        picture = "".join(f"{shown}\n" for shown in (*above, "-" * column + "^^^", *below))
        return f" (line {line}, pos {column})\n\n== SQL ==\n{picture}"

    def _line_and_column(self, position: int) -> tuple[int, int]:
        before = self.text[:position]
        return before.count("\n") + 1, position - (before.rfind("\n") + 1)

    def _fragment_location(self, start: int, end: int) -> str:
        line, column = self._line_and_column(start)
        first = max(self.text.rfind("\n", 0, start) + 1, start - _CONTEXT_WIDTH)
        newline = self.text.find("\n", end)
        stop = min(len(self.text) if newline < 0 else newline, end + 1 + _CONTEXT_WIDTH)
        is_cut_before = first > 0 and self.text[first - 1] != "\n"
        is_cut_behind = stop < len(self.text) and self.text[stop] != "\n"
        shown = ("..." if is_cut_before else "") + self.text[first:stop] + ("..." if is_cut_behind else "")
        picture, index = "", first - (3 if is_cut_before else 0)
        for text in shown.split("\n"):
            marks = "".join("^" if start <= index + i <= end else " " for i in range(len(text)))
            picture += f"{text}\n{marks.rstrip()}\n"
            index += len(text) + 1
        return f"\n== SQL (line {line}, position {column + 1}) ==\n{picture}"

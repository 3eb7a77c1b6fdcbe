"""The `.case` format: text ⇄ blocks, without loss. Never runs anything; README.md beside it states the rules."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

SEPARATOR = "----"
OTHER_RUNNERS = ("rdd",)  # folders whose files need a SparkContext; tests/unit/rdd runs them
RECORDED = "recorded: "
_VERB_LINE = re.compile(
    r"(sql|dataframe)( ordered)?|show|error( sql)?|view \w+ ?\(.*\)|file \S+|set \S+( .*)?|(todo|never) \S.*"
    r"|source \w+( ?\(.*\)| format=\S+)( \w+=\S*)*|stream (append|update|complete)( \w+=\S+)*"
    r"|add|step|restart( \w+=\S+)*|crash before=\S+|fault \S+|state( \d+)?|files|progress"
)


class CaseSyntaxError(Exception):
    """A `.case` file that breaks the format; carries the line."""


@dataclass(frozen=True, slots=True)
class Block:
    """One verb with its body and result. `lead` holds the comment and blank lines above it, verbatim."""

    line: int
    verb: str
    argument: str
    body: tuple[str, ...]
    result: tuple[str, ...]
    lead: tuple[str, ...] = ()
    todo: str | None = None
    never: str | None = None

    @property
    def expected_failure(self) -> str | None:
        """Why our engine is expected to differ, or None."""
        if self.todo is not None:
            return f"todo {self.todo}"
        return f"never {self.never}" if self.never is not None else None

    @property
    def verb_line(self) -> str:
        return f"{self.verb} {self.argument}".rstrip()


@dataclass(frozen=True, slots=True)
class CaseFile:
    """A parsed file: `recorded` is the origin of the results (`spark 4.2.0`), `tail` what follows the last block."""

    blocks: tuple[Block, ...]
    recorded: str | None = None
    tail: tuple[str, ...] = ()

    def with_results(self, results: dict[int, tuple[str, ...]], *, recorded: str | None) -> CaseFile:
        """The same file with other results, by the block's line; blocks not named keep theirs."""
        blocks = tuple(replace(block, result=results.get(block.line, block.result)) for block in self.blocks)
        return replace(self, blocks=blocks, recorded=recorded)


@dataclass(slots=True)
class _Reader:
    lines: list[str]
    position: int = 0
    _marks: dict[str, str] = field(default_factory=dict)

    @property
    def at_end(self) -> bool:
        return self.position >= len(self.lines)

    def read_header(self) -> str | None:
        if self.at_end or not self.lines[0].startswith(RECORDED):
            return None
        self.position = 1
        return self.lines[0].removeprefix(RECORDED)

    def read_blocks(self) -> Iterator[Block]:
        while (verb_at := self._next_verb()) is not None:
            lead = tuple(self.lines[self.position : verb_at])
            self.position = verb_at
            yield self._read_block(lead)

    def rest(self) -> tuple[str, ...]:
        return tuple(self.lines[self.position :])

    def _next_verb(self) -> int | None:
        for index in range(self.position, len(self.lines)):
            line = self.lines[index]
            if line and not line.startswith("#"):
                return index
        return None

    def _read_block(self, lead: tuple[str, ...]) -> Block:
        marks = self._read_marks()
        line, (verb, argument) = self.position + 1, self._read_verb()
        body = self._read_body(line)
        return Block(line, verb, argument, body, self._read_result(), lead, marks.get("todo"), marks.get("never"))

    def _read_marks(self) -> dict[str, str]:
        marks: dict[str, str] = {}
        while not self.at_end and (match := re.fullmatch(r"(todo|never) (\S.*)", self.lines[self.position])):
            marks[match[1]] = match[2]
            self.position += 1
        return marks

    def _read_verb(self) -> tuple[str, str]:
        text = "" if self.at_end else self.lines[self.position]
        if not _VERB_LINE.fullmatch(text):
            raise CaseSyntaxError(f"line {self.position + 1}: not a verb line: {text!r}")
        self.position += 1
        verb, _, argument = text.partition(" ")
        return verb, argument

    def _read_body(self, verb_line: int) -> tuple[str, ...]:
        try:
            end = self.lines.index(SEPARATOR, self.position)
        except ValueError:
            raise CaseSyntaxError(f"line {verb_line}: no {SEPARATOR} after this verb") from None
        body = tuple(self.lines[self.position : end])
        self.position = end + 1
        return body

    def _read_result(self) -> tuple[str, ...]:
        start = self.position
        while not self.at_end and not self._result_ends_here():
            self.position += 1
        result = tuple(self.lines[start : self.position])
        self.position += 0 if self.at_end else 1
        return result

    def _result_ends_here(self) -> bool:
        """At a blank line followed (after more blank lines) by the end, a comment or a verb line."""
        if self.lines[self.position]:
            return False
        following = next((line for line in self.lines[self.position :] if line), None)
        return following is None or following.startswith("#") or bool(_VERB_LINE.fullmatch(following))


def parse_case_file(text: str) -> CaseFile:
    """Raises CaseSyntaxError with the line at fault."""
    reader = _Reader(text.removesuffix("\n").split("\n"))
    recorded = reader.read_header()
    blocks = tuple(reader.read_blocks())
    return CaseFile(blocks, recorded, reader.rest())


def render_case_file(case_file: CaseFile) -> str:
    """The inverse of `parse_case_file`, but for superfluous blank lines at the end."""
    lines = [] if case_file.recorded is None else [RECORDED + case_file.recorded]
    for block in case_file.blocks:
        lines += [*block.lead, *_render_marks(block), block.verb_line, *block.body, SEPARATOR, *block.result, ""]
    return "\n".join([*lines, *case_file.tail]).rstrip("\n") + "\n"


def belongs_here(path: Path) -> bool:
    """Whether this runner is the one for `path`."""
    return path.suffix == ".case" and path.parent.name not in OTHER_RUNNERS


def read_case_file(path: Path) -> CaseFile:
    return parse_case_file(path.read_bytes().decode())


def _render_marks(block: Block) -> list[str]:
    marks = {"todo": block.todo, "never": block.never}
    return [f"{mark} {reason}" for mark, reason in marks.items() if reason is not None]

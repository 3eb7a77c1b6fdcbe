"""Tokens of type and identifier text, by Spark's lexical rules, and a reader over them. Knows no grammar."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from unbounded.errors import ErrorKind, SparkError


class TokenKind(Enum):
    WORD = "word"
    QUOTED = "quoted"
    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    SYMBOL = "symbol"
    END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    kind: TokenKind
    text: str
    start: int

    @property
    def shown(self) -> str:
        """How Spark names the token in a syntax error."""
        return "end of input" if self.kind is TokenKind.END else f"'{self.text}'"


_TOKEN = re.compile(
    r"""(?P<blank>\s+|--[^\n]*|/\*.*?\*/)
    |(?P<quoted>`(?:[^`]|``)*`)
    |(?P<string>'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*")
    |(?P<number>\d*\.\d+(?!\w))
    |(?P<integer>\d+(?!\w))
    |(?P<word>\w+)
    |(?P<open_comment>/\*)
    |(?P<symbol>.)""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([0-3][0-7]{2})|(.))", re.DOTALL)
_ESCAPED = {"0": "\0", "b": "\b", "n": "\n", "r": "\r", "t": "\t", "Z": "\x1a", "%": "\\%", "_": "\\_"}


def read_tokens(text: str) -> Iterator[Token]:
    """The tokens of `text`, blanks and comments left out, then an END."""
    for match in _TOKEN.finditer(text):
        if match.lastgroup == "open_comment":
            raise SparkError(ErrorKind.PARSE, "UNCLOSED_BRACKETED_COMMENT")
        if match.lastgroup != "blank":
            yield Token(TokenKind(match.lastgroup), match.group(), match.start())
    yield Token(TokenKind.END, "", len(text))


def unescape_string(token: str) -> str:
    """The value of a quoted SQL string."""
    quote, body = token[0], token[1:-1]
    return _ESCAPE.sub(_unescape_one, body.replace(quote * 2, quote))


def _unescape_one(match: re.Match[str]) -> str:
    short_code, long_code, octal, character = match.groups()
    if code := short_code or long_code:
        return chr(int(code, 16))
    if octal:
        return chr(int(octal, 8))
    return _ESCAPED.get(character, character)


@dataclass(eq=False)
class TypeTextError(SparkError):
    """A ParseException about the text of a type; `location` is what Spark prints behind the sentence."""

    location: str = ""

    @property
    def message(self) -> str:
        return f"\n{super().message}{self.location}"


class TokenReader:
    """Walks the tokens of a text; the parsers' only state. `type_start` is where the type being read begins."""

    type_start = 0

    def __init__(self, text: str) -> None:
        self._text = text
        if not text.strip():
            raise SparkError(ErrorKind.PARSE, "PARSE_EMPTY_STATEMENT")
        self._tokens = tuple(read_tokens(text))
        self._position = 0
        self._postponed: SparkError | None = None

    @property
    def token(self) -> Token:
        return self._tokens[self._position]

    def take(self) -> Token:
        token = self.token
        if token.kind is not TokenKind.END:
            self._position += 1
        return token

    def is_symbol(self, symbol: str) -> bool:
        return self.token.kind is TokenKind.SYMBOL and self.token.text == symbol

    def is_word(self, *words: str) -> bool:
        return self.token.kind is TokenKind.WORD and self.token.text.lower() in words

    def accept_symbol(self, symbol: str) -> bool:
        is_there = self.is_symbol(symbol)
        if is_there:
            self.take()
        return is_there

    def accept_words(self, *words: str) -> bool:
        """Takes the first word if it is there; the others must follow it."""
        if not self.is_word(words[0]):
            return False
        self.take()
        for word in words[1:]:
            if not self.is_word(word):
                raise self.syntax_error()
            self.take()
        return True

    def expect_symbol(self, symbol: str) -> None:
        if not self.accept_symbol(symbol):
            raise self.syntax_error()

    def expect_integer(self) -> int:
        if self.token.kind is not TokenKind.INTEGER:
            raise self.syntax_error()
        return int(self.take().text)

    def expect_strings(self) -> str:
        """One string literal or several in a row, which are one."""
        if self.token.kind is not TokenKind.STRING:
            raise self.syntax_error()
        value = ""
        while self.token.kind is TokenKind.STRING:
            value += unescape_string(self.take().text)
        return value

    def expect_identifier(self) -> str:
        token = self.token
        if token.kind is TokenKind.QUOTED:
            return self.take().text[1:-1].replace("``", "`")
        if token.kind is not TokenKind.WORD:
            raise self.syntax_error()
        name = self.take().text
        while self.is_symbol("-"):
            name += self.take().text + self.take().text
        if not name.isascii() or "-" in name:
            raise SparkError(ErrorKind.PARSE, "INVALID_IDENTIFIER", {"ident": name})
        return name

    def expect_end(self) -> None:
        if self.token.kind is not TokenKind.END:
            raise self.syntax_error(hint=f": extra input {self.token.shown}")
        if self._postponed is not None:
            raise self._postponed

    def postpone(self, condition: str, parameters: Mapping[str, str]) -> None:
        """Keeps an error about meaning for the end: Spark reports errors of syntax first."""
        self._postponed = self._postponed or self._error(condition, parameters, self.type_start)

    def syntax_error(self, hint: str = "") -> SparkError:
        return self._error("PARSE_SYNTAX_ERROR", {"error": self.token.shown, "hint": hint}, self.token.start)

    def _error(self, condition: str, parameters: Mapping[str, str], start: int) -> TypeTextError:
        before = self._text[:start]
        line, column = before.count("\n") + 1, start - (before.rfind("\n") + 1)
        lines = self._text.split("\n")
        picture = "\n".join((*lines[:line], "-" * column + "^^^", *lines[line:]))
        location = f" (line {line}, pos {column})\n\n== SQL ==\n{picture}\n"
        return TypeTextError(ErrorKind.PARSE, condition, parameters, location=location)

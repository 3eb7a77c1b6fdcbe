"""Tokens of an XPath expression. A name is an operator, and `*` a multiplication, where an operand stands before it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

_NAME = r"[^\W\d][\w.\-]*"
_TOKEN = re.compile(
    rf"""\s*(?:
        (?P<number>\d+(?:\.\d*)?|\.\d+)
        |(?P<text>"[^"]*"|'[^']*')
        |(?P<name>{_NAME}(?::(?:{_NAME}|\*)(?!:))?)
        |(?P<symbol>::|//|\.\.|!=|<=|>=|[()\[\].@,/|+\-=<>*$])
        |(?P<other>\S)
    )""",
    re.VERBOSE,
)
_OPERATOR_NAMES = frozenset({"and", "or", "div", "mod"})
_BEFORE_OPERANDS = frozenset({"(", "[", ",", "@", "::", "/", "//", "|", "+", "-", "=", "!=", "<", "<=", ">", ">=", "$"})


class TokenKind(Enum):
    NUMBER = "number"
    TEXT = "text"
    NAME = "name"
    SYMBOL = "symbol"
    OPERATOR = "operator"
    OTHER = "other"
    END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    kind: TokenKind
    text: str


END = Token(TokenKind.END, "")


def tokenize(path: str) -> list[Token]:
    """The tokens with `END` behind them; what is none of the language becomes tokens of the kind OTHER."""
    tokens: list[Token] = []
    position = 0
    while match := _TOKEN.match(path, position):
        position = match.end()
        kind, text = TokenKind(match.lastgroup), match[match.lastgroup or 0]
        is_operator = text == "*" or (kind is TokenKind.NAME and text in _OPERATOR_NAMES)
        if is_operator and tokens and not _wants_operand(tokens[-1]):
            kind = TokenKind.OPERATOR
        tokens.append(Token(kind, text[1:-1] if kind is TokenKind.TEXT else text))
    return [*tokens, END]


def _wants_operand(token: Token) -> bool:
    return token.kind is TokenKind.OPERATOR or (token.kind is TokenKind.SYMBOL and token.text in _BEFORE_OPERANDS)

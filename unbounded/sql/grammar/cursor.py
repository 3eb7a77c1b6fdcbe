"""A cursor over the tokens of a statement: look, take, go back, refuse. Knows no grammar."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import TypeVar

from sqlglot import Token, TokenType, exp

from unbounded.sql.errors import Source, UnexpectedToken

T = TypeVar("T")
N = TypeVar("N", bound=exp.Expr)

_END = Token(TokenType.SENTINEL, "")
_WORD = re.compile(r"\w+")
_NOT_WORDS = frozenset({TokenType.STRING, TokenType.RAW_STRING, TokenType.NATIONAL_STRING, TokenType.HEX_STRING})
_PAIRS = frozenset(
    {
        TokenType.GROUP_BY,
        TokenType.ORDER_BY,
        TokenType.SORT_BY,
        TokenType.CLUSTER_BY,
        TokenType.DISTRIBUTE_BY,
        TokenType.PARTITION_BY,
        TokenType.GROUPING_SETS,
    }
)
"""Tokens of two words; an error shows the first."""


class TokenCursor:
    """The state of the parser: where in the tokens it stands. The END token is false and has no text."""

    def __init__(self, source: Source, tokens: list[Token]) -> None:
        self.source = source
        self._tokens = tokens
        self._index = 0

    # ------------------------------------------------------------------------------------------ look

    @property
    def current(self) -> Token:
        return self.token_at(self._index)

    @property
    def following(self) -> Token:
        return self.token_at(self._index + 1)

    @property
    def previous(self) -> Token:
        return self.token_at(self._index - 1)

    @property
    def position(self) -> int:
        """What `go_back` takes."""
        return self._index

    def token_at(self, index: int) -> Token:
        return self._tokens[index] if 0 <= index < len(self._tokens) else _END

    def is_at(self, *token_types: TokenType) -> bool:
        return self.current.token_type in token_types

    def is_before(self, *token_types: TokenType) -> bool:
        """Whether the token behind the current one is of one of these types."""
        return self.following.token_type in token_types

    @property
    def is_at_end(self) -> bool:
        return not self.current

    @property
    def word(self) -> str:
        """The current token in upper case, "" at the end."""
        return str(self.current.text.upper())

    @property
    def next_word(self) -> str:
        return str(self.following.text.upper())

    @property
    def is_at_word(self) -> bool:
        """Whether the current token can be a name: Spark reserves no words by default."""
        token = self.current
        return token.token_type not in _NOT_WORDS and _WORD.fullmatch(token.text) is not None

    def text_of(self, first: Token, last: Token) -> str:
        return self.source.text[first.start : last.end + 1]

    # ------------------------------------------------------------------------------------------ take

    def advance(self, count: int = 1) -> None:
        self._index += count

    def go_back(self, position: int) -> None:
        self._index = position

    def take(self, *token_types: TokenType) -> bool:
        """Takes the current token if it is of one of these types."""
        if not self.is_at(*token_types):
            return False
        self._index += 1
        return True

    def take_words(self, *words: str) -> bool:
        """Takes these words if all of them stand here in a row."""
        tokens = [self.token_at(self._index + offset) for offset in range(len(words))]
        is_there = all(_is_unquoted(t) and t.text.upper() == w for t, w in zip(tokens, words, strict=True))
        self._index += len(words) if is_there else 0
        return is_there

    def take_one_of(self, words: Collection[str]) -> str | None:
        """Takes the one of the words that stands here, and says which."""
        if not _is_unquoted(self.current) or self.word not in words:
            return None
        self._index += 1
        return str(self.previous.text.upper())

    # ------------------------------------------------------------------------------------------ refuse

    def expect(self, token_type: TokenType, missing: str = "") -> None:
        """Takes a token of this type, or refuses the current one, in Spark's three ways of putting it."""
        if self.take(token_type):
            return
        error = self.refusal()
        if self.following.token_type is token_type and error.start is not None:
            error.hint = f": extra input '{self.current.text}'"
        elif missing:
            error.hint = f": missing '{missing}'"
        raise error

    def expect_words(self, *words: str) -> None:
        for word in words:
            if not self.take_words(word):
                raise self.refusal()

    def expect_end(self) -> None:
        if self.current:
            raise self.extra_input()

    def required(self, node: T | None) -> T:
        """`node`, which the grammar needs here."""
        if node is None:
            raise self.refusal()
        return node

    def refusal(self) -> UnexpectedToken:
        """The text cannot go on with the current token."""
        token = self.current
        if not token:
            return UnexpectedToken(None, 0)
        is_pair = token.token_type in _PAIRS
        return UnexpectedToken(token.start, token.start + len(token.text.split()[0]) - 1 if is_pair else token.end)

    def extra_input(self) -> UnexpectedToken:
        """The current token is too much; Spark says "extra input" if the text would end without it."""
        error = self.refusal()
        if not self.following and error.start is not None:
            error.hint = f": extra input '{self.source.text[error.start : error.end + 1]}'"
        return error

    # ------------------------------------------------------------------------------------------ combine

    def comma_separated(self, parse: Callable[[], T | None]) -> list[T]:
        """Items with commas between them; none at all if the first is missing."""
        first = parse()
        if first is None:
            if self.is_at(TokenType.COMMA):
                raise self.refusal()
            return []
        items = [first]
        while self.take(TokenType.COMMA):
            items.append(self.required(parse()))
        return items

    def some(self, parse: Callable[[], T | None]) -> list[T]:
        """As `comma_separated`, but at least one."""
        items = self.comma_separated(parse)
        self.required(items or None)
        return items

    def wrapped(self, parse: Callable[[], T | None]) -> list[T]:
        """`(item, item)`."""
        self.expect(TokenType.L_PAREN)
        items = self.comma_separated(parse)
        self.expect(TokenType.R_PAREN)
        return items

    def marked(self, node: N, first: Token) -> N:
        """Remembers which characters `node` came from, for errors found later."""
        node.meta.update(start=first.start, end=self.previous.end)
        return node


def _is_unquoted(token: Token) -> bool:
    return token.token_type not in _NOT_WORDS and token.token_type is not TokenType.IDENTIFIER

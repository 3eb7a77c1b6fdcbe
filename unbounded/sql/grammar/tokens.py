"""Grammar, lowest layer: words, names, literals, types, and errors that name the unexpected token."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import TypeVar

from sqlglot import Token, TokenType, exp
from sqlglot.parsers.spark import SparkParser

from unbounded.sql.errors import Source, UnexpectedToken
from unbounded.types.ddl_tokens import unescape_string

T = TypeVar("T")

_WORD = re.compile(r"\w+")
_NUMBER = re.compile(r"(?:\d+(?:[LSY](?!\w))|(?:\d+\.?\d*|\.\d+)(?:E[+-]?\d+)?(?:BD|D|F)?)(?!\w)", re.IGNORECASE)
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
CLAUSE_WORDS = frozenset(
    re.findall(
        r"\w+",
        """ANTI CROSS EXCEPT FULL INNER INTERSECT JOIN LATERAL LEFT MINUS NATURAL ON RIGHT SEMI SETMINUS UNION USING
        FROM WHERE HAVING QUALIFY WINDOW LIMIT OFFSET PIVOT UNPIVOT TABLESAMPLE SELECT WHEN THEN ELSE END AND OR NOT
        IN IS BETWEEN LIKE ILIKE RLIKE REGEXP ESCAPE AS ASC DESC DIV FOR""",
    )
)
"""Words that end an expression or a table, and so are no name unless AS or a dot comes before them."""


def string_value(node: exp.Expr) -> str:
    """The value of one string literal or several in a row, whose source the grammar kept."""
    return "".join(_one_string(piece.name) for piece in node.expressions)


def _one_string(source: str) -> str:
    return source[2:-1] if source[0] in "rR" else unescape_string(source)


class TokenGrammar(SparkParser):
    """Words, names and literals."""

    PLACEHOLDER_PARSERS = {}

    # ------------------------------------------------------------------------------------------ errors

    def raise_error(self, message: str, token: Token | None = None) -> None:
        raise self._unexpected(token or self._curr, message)

    @property
    def source(self) -> Source:
        return Source(self.sql)

    def fail(self, message: str) -> UnexpectedToken:
        """The error for the current token."""
        return self._unexpected(self._curr, message)

    def _unexpected(self, token: Token, message: str) -> UnexpectedToken:
        if not token:
            return UnexpectedToken(message, None, 0)
        is_pair = token.token_type in _PAIRS
        end = token.start + len(token.text.split()[0]) - 1 if is_pair else token.end
        return UnexpectedToken(message, token.start, end)

    def expect(self, token_type: TokenType, missing: str = "") -> None:
        """Takes a token of this type, or refuses the current one, in Spark's three ways of putting it."""
        if self._match(token_type):
            return
        error = self.fail(f"expected {token_type.name}")
        if self._next.token_type is token_type and error.start is not None:
            error.hint = f": extra input '{self._curr.text}'"
        elif missing:
            error.hint = f": missing '{missing}'"
        raise error

    def expect_words(self, *words: str) -> None:
        for word in words:
            if not self._match_text_seq(word):
                raise self.fail(f"expected {word}")

    def expect_end(self) -> None:
        if self._curr:
            raise self.extra_input()

    def extra_input(self) -> UnexpectedToken:
        """The current token is too much; Spark says "extra input" if the text would end without it."""
        error = self.fail("unexpected token")
        if not self._next and error.start is not None:
            error.hint = f": extra input '{self.sql[error.start : error.end + 1]}'"
        return error

    def required(self, node: T | None) -> T:
        """`node`, which the grammar needs here."""
        if node is None:
            raise self.fail("expected an expression")
        return node

    def marked(self, node: exp.Expr, first: Token) -> exp.Expr:
        """Remembers which characters `node` came from, for errors found later."""
        node.meta.update(start=first.start, end=self._prev.end)
        return node

    def _match_r_paren(self, expression: exp.Expr | None = None) -> None:
        self.expect(TokenType.R_PAREN)

    def _match_l_paren(self, expression: exp.Expr | None = None) -> None:
        self.expect(TokenType.L_PAREN)

    def _parse_csv(self, parse_method: Callable[[], T | None], sep: TokenType = TokenType.COMMA) -> list[T]:
        first = parse_method()
        items = [] if first is None else [first]
        while self._curr.token_type is sep and self.required(first) is not None:
            self._advance()
            items.append(self.required(parse_method()))
        return items

    # ------------------------------------------------------------------------------------------ names

    def is_word(self) -> bool:
        """Whether the current token can be a name: Spark reserves no words by default."""
        return (
            bool(self._curr)
            and self._curr.token_type not in _NOT_WORDS
            and _WORD.fullmatch(self._curr.text) is not None
        )

    def _parse_identifier(self) -> exp.Expr | None:
        return self._quoted_name() if self._curr.token_type is TokenType.IDENTIFIER else None

    def _quoted_name(self) -> exp.Identifier:
        self._advance()
        return exp.Identifier(this=self._prev.text, quoted=True)

    def _parse_id_var(
        self, any_token: bool = True, tokens: Collection[TokenType] | None = None
    ) -> exp.Identifier | None:
        """A name. Without `any_token` the words that begin a clause are left alone."""
        first = self._curr
        if first.token_type is TokenType.IDENTIFIER:
            return self._quoted_name()
        if not self.is_word() or self._number_text() is not None:
            return None
        if not any_token and first.text.upper() in CLAUSE_WORDS:
            return None
        self._advance()
        return exp.Identifier(this=self.sql[first.start : first.end + 1], quoted=False)

    def refuse_hyphen(self) -> None:
        """`a-b` is no name: Spark says so where only a name can stand."""
        before, after = self._prev, self._next
        if self._curr.token_type is TokenType.DASH and before.end + 1 == self._curr.start == after.start - 1:
            name = self.sql[before.start : after.end + 1]
            raise self.source.plain_error("INVALID_IDENTIFIER", self._curr.start, ident=name)

    def expect_name(self) -> str:
        """One identifier."""
        return str(self.required(self._parse_id_var()).name)

    def expect_parts(self) -> tuple[str, ...]:
        """A name with dots: `catalog.schema.table`."""
        parts = [self.expect_name()]
        while self._match(TokenType.DOT):
            parts.append(self.expect_name())
        self.refuse_hyphen()
        return tuple(parts)

    # ------------------------------------------------------------------------------------------ literals

    def _number_text(self) -> str | None:
        """The number that starts at the current token, by Spark's lexical rules."""
        if not self._curr or self._curr.text[:1] not in "0123456789.":
            return None
        match = _NUMBER.match(self.sql, self._curr.start)
        return match.group() if match is not None and match.group() != "." else None

    def _parse_number(self) -> exp.Expr | None:
        text = self._number_text()
        if text is None:
            return None
        first, stop = self._curr, self._curr.start + len(text)
        while self._curr and self._curr.start < stop:
            self._advance()
        return self.marked(exp.Literal(this=text, is_string=False), first)

    def _parse_string(self) -> exp.Expr | None:
        """One string literal or several in a row, which are one; the node keeps the source of each."""
        first = self._curr
        pieces = list(iter(self._one_string, None))
        return self.marked(exp.Concat(expressions=pieces), first) if pieces else None

    def _one_string(self) -> exp.RawString | None:
        if self._curr.token_type not in (TokenType.STRING, TokenType.RAW_STRING):
            return None
        start = self._curr.start
        self._advance()
        while self._curr.start == self._prev.end + 1 and self._is_doubled_quote():
            self._advance()
        return exp.RawString(this=self.sql[start : self._prev.end + 1])

    def _is_doubled_quote(self) -> bool:
        """sqlglot cuts `'it''s'` into two strings that touch."""
        is_string = self._prev.token_type is TokenType.STRING and self._curr.token_type is TokenType.STRING
        return is_string and self.sql[self._curr.start] == self.sql[self._prev.end]

    # ------------------------------------------------------------------------------------------ types

    def expect_type(self) -> exp.DataType:
        """The text of a type; `unbounded.sql.types` reads it."""
        first = self._curr
        if not self.is_word():
            raise self.fail("expected a type")
        self._advance()
        self._skip_brackets()
        self._skip_type_words(first.text.upper())
        text = self.sql[first.start : self._prev.end + 1]
        node = exp.DataType(this=exp.DType.USERDEFINED, kind=text)
        self.marked(node, first)
        return node

    def _skip_brackets(self) -> None:
        """`<…>` with everything in it, or `(…)`."""
        if self._match(TokenType.L_PAREN):
            while self._curr and not self._match(TokenType.R_PAREN):
                self._advance()
            return
        depth = 0
        while self._curr.token_type in (TokenType.LT, TokenType.NEQ) or (depth and self._curr):
            depth += {TokenType.LT: 1, TokenType.GT: -1}.get(self._curr.token_type, 0)
            self._advance()
            if depth == 0:
                return

    def _skip_type_words(self, name: str) -> None:
        if name == "INTERVAL" and self._match_texts(("YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND")):
            if self._match_text_seq("TO"):
                self._advance()
        elif name == "TIMESTAMP":
            _ = self._match_text_seq("WITHOUT", "TIME", "ZONE") or self._match_text_seq("WITH", "LOCAL", "TIME", "ZONE")
        elif name == "STRING" and self._match_text_seq("COLLATE"):
            self._advance()

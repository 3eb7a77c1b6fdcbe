"""Grammar, lowest layer: names, numbers, strings and the text of types."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod

from sqlglot import TokenType, exp

from unbounded.sql.grammar.cursor import TokenCursor
from unbounded.types.ddl_tokens import unescape_string

_NUMBER = re.compile(r"(?:\d+(?:[LSY](?!\w))|(?:\d+\.?\d*|\.\d+)(?:E[+-]?\d+)?(?:BD|D|F)?)(?!\w)", re.IGNORECASE)
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


class TokenGrammar(TokenCursor, ABC):
    """Names and literals, and what the layers above must bring, because every layer needs it."""

    @abstractmethod
    def named_expression(self) -> exp.Expr | None:
        """`expression [[AS] name]`."""

    @abstractmethod
    def boolean_expression(self) -> exp.Expr | None:
        """An expression with AND, OR and NOT: Spark's booleanExpression."""

    @abstractmethod
    def value_expression(self) -> exp.Expr | None:
        """An expression of operators down to the comparison: Spark's valueExpression."""

    @abstractmethod
    def unary(self) -> exp.Expr | None:
        """A primary with signs before it and fields, subscripts and `::` behind it."""

    @abstractmethod
    def sort_items(self) -> list[exp.Ordered]:
        """What stands behind ORDER BY."""

    @abstractmethod
    def query(self) -> exp.Expr | None:
        """A query with everything that can belong to it."""

    # ------------------------------------------------------------------------------------------ names

    def identifier(self) -> exp.Identifier | None:
        """A name; any word can be one."""
        first = self.current
        if self.take(TokenType.IDENTIFIER):
            return exp.Identifier(this=first.text, quoted=True)
        if not self.is_at_word or self._number_text() is not None:
            return None
        self.advance()
        return exp.Identifier(this=self.text_of(first, first), quoted=False)

    def alias_name(self, *, has_as: bool) -> exp.Identifier | None:
        """A name behind an expression or a table; without AS the words that begin a clause are left alone."""
        is_clause = self.word in CLAUSE_WORDS and not self.is_at(TokenType.IDENTIFIER)
        return None if is_clause and not has_as else self.identifier()

    def refuse_hyphen(self) -> None:
        """`a-b` is no name: Spark says so where only a name can stand."""
        before, after = self.previous, self.following
        if self.is_at(TokenType.DASH) and before.end + 1 == self.current.start == after.start - 1:
            name = self.text_of(before, after)
            raise self.source.plain_error("INVALID_IDENTIFIER", self.current.start, ident=name)

    def expect_name(self) -> str:
        """One identifier."""
        return str(self.required(self.identifier()).name)

    def expect_parts(self) -> tuple[str, ...]:
        """A name with dots: `catalog.schema.table`."""
        parts = [self.expect_name()]
        while self.take(TokenType.DOT):
            parts.append(self.expect_name())
        self.refuse_hyphen()
        return tuple(parts)

    # ------------------------------------------------------------------------------------------ literals

    def _number_text(self) -> str | None:
        """The number that starts at the current token, by Spark's lexical rules."""
        if not self.current or self.current.text[:1] not in "0123456789.":
            return None
        match = _NUMBER.match(self.source.text, self.current.start)
        return match.group() if match is not None and match.group() != "." else None

    def number(self) -> exp.Expr | None:
        text = self._number_text()
        if text is None:
            return None
        first, stop = self.current, self.current.start + len(text)
        while self.current and self.current.start < stop:
            self.advance()
        return self.marked(exp.Literal(this=text, is_string=False), first)

    def string(self) -> exp.Expr | None:
        """One string literal or several in a row, which are one; the node keeps the source of each."""
        first = self.current
        pieces = list(iter(self._one_string, None))
        return self.marked(exp.Concat(expressions=pieces), first) if pieces else None

    def one_string(self) -> exp.Expr | None:
        """A string literal, without the ones that follow it."""
        first, piece = self.current, self._one_string()
        return None if piece is None else self.marked(exp.Concat(expressions=[piece]), first)

    def _one_string(self) -> exp.RawString | None:
        first = self.current
        if not self.take(TokenType.STRING, TokenType.RAW_STRING):
            return None
        while self.current.start == self.previous.end + 1 and self._is_doubled_quote():
            self.advance()
        return exp.RawString(this=self.text_of(first, self.previous))

    def _is_doubled_quote(self) -> bool:
        """sqlglot cuts `'it''s'` into two strings that touch."""
        is_string = self.previous.token_type is TokenType.STRING and self.is_at(TokenType.STRING)
        return is_string and self.source.text[self.current.start] == self.source.text[self.previous.end]

    # ------------------------------------------------------------------------------------------ types

    def expect_type(self) -> exp.DataType:
        """The text of a type; `unbounded.sql.expressions.types` reads it."""
        first = self.current
        if not self.is_at_word:
            raise self.refusal()
        self.advance()
        self._skip_brackets()
        self._skip_type_words(first.text.upper())
        text = self.text_of(first, self.previous)
        return self.marked(exp.DataType(this=exp.DType.USERDEFINED, kind=text), first)

    def _skip_brackets(self) -> None:
        """`<…>` with everything in it, or `(…)`."""
        if self.take(TokenType.L_PAREN):
            while self.current and not self.take(TokenType.R_PAREN):
                self.advance()
            return
        depth = 0
        while self.is_at(TokenType.LT, TokenType.NEQ) or (depth and self.current):
            depth += {TokenType.LT: 1, TokenType.GT: -1}.get(self.current.token_type, 0)
            self.advance()
            if depth == 0:
                return

    def _skip_type_words(self, name: str) -> None:
        if name == "INTERVAL" and self.take_one_of(("YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND")):
            if self.take_words("TO"):
                self.advance()
        elif name == "TIMESTAMP":
            _ = self.take_words("WITHOUT", "TIME", "ZONE") or self.take_words("WITH", "LOCAL", "TIME", "ZONE")
        elif name == "STRING" and self.take_words("COLLATE"):
            self.advance()

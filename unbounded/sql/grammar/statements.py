"""The parser in front of a statement: the grammar's words under plain names, for the statement readers."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import TokenType, exp

from unbounded.errors import not_supported
from unbounded.sql.grammar.queries import QueryGrammar
from unbounded.sql.grammar.tokens import string_value

_CONSTRAINTS = frozenset({"CONSTRAINT", "PRIMARY", "FOREIGN", "CHECK", "UNIQUE"})


@dataclass(frozen=True, slots=True)
class ColumnDefinition:
    """One column of CREATE TABLE; `data_type` None: only named (PARTITIONED BY)."""

    name: str
    data_type: exp.DataType | None = None
    nullable: bool = True
    comment: str | None = None


class StatementGrammar(QueryGrammar):
    """Reads DDL and DML word by word; queries, expressions and types inside come as trees."""

    @property
    def is_at_end(self) -> bool:
        return not self._curr

    @property
    def is_at_query(self) -> bool:
        return self._is_query()

    @property
    def word(self) -> str:
        """The current token in upper case, "" at the end."""
        return str(self._curr.text.upper()) if self._curr else ""

    @property
    def word_ahead(self) -> str:
        return str(self._next.text.upper()) if self._next else ""

    @property
    def text_from_here(self) -> str:
        return self.sql[self._curr.start :] if self._curr else ""

    def take(self, *words: str) -> bool:
        """Takes the words if all of them are there in a row."""
        return bool(self._match_text_seq(*words))

    def take_any(self, *words: str) -> str | None:
        """Takes the one of the words that is there."""
        return str(self._prev.text.upper()) if self._match_texts(words) else None

    def take_symbol(self, token_type: TokenType) -> bool:
        return bool(self._match(token_type))

    def take_text(self) -> str | None:
        """The value of a string literal, if one is there."""
        node = self._parse_string()
        return None if node is None else string_value(node)

    def expect_text(self) -> str:
        return self.required(self.take_text())

    def expect_query(self) -> exp.Expr:
        return self.required(self.parse_query())

    def take_ctes(self) -> exp.With | None:
        return self._parse_with()

    def names(self) -> list[str]:
        """`(a, b)`."""
        self.expect(TokenType.L_PAREN)
        names = self._parse_csv(self.expect_name)
        self.expect(TokenType.R_PAREN)
        return names

    def column_names(self) -> list[str]:
        """`(a COMMENT 'x', b)` of a view; the comments are read and left."""
        self.expect(TokenType.L_PAREN)
        names = self._parse_csv(self._commented_name)
        self.expect(TokenType.R_PAREN)
        return names

    def _commented_name(self) -> str:
        name = self.expect_name()
        if self.take("COMMENT"):
            self.expect_text()
        return name

    def has_typed_columns(self) -> bool:
        """Whether the parenthesis here holds `name type` and not only names."""
        after = self._tokens[self._index + 2 : self._index + 3]
        ends = (TokenType.COMMA, TokenType.R_PAREN, TokenType.COMMENT)
        return bool(after) and after[0].token_type not in ends

    def columns(self) -> list[ColumnDefinition]:
        """`(a INT NOT NULL COMMENT 'x', b STRING)`; in PARTITIONED BY a type may be missing."""
        self.expect(TokenType.L_PAREN)
        columns = self._parse_csv(self._column)
        self.expect(TokenType.R_PAREN)
        return columns

    def _column(self) -> ColumnDefinition:
        if self.word in _CONSTRAINTS and self.word_ahead not in (",", ")"):
            raise not_supported("A constraint in CREATE TABLE", "Leave it out.")
        name = self.expect_name()
        if self.word == "(":
            raise not_supported(f"PARTITIONED BY ({name}(…))", "Partition by columns.")
        if self.word in (",", ")"):
            return ColumnDefinition(name)
        data_type, nullable, comment = self.expect_type(), True, None
        while self.word not in (",", ")"):
            if self.take("NOT", "NULL"):
                nullable = False
            elif self.take("COMMENT"):
                comment = self.expect_text()
            elif self.word in ("DEFAULT", "GENERATED"):
                raise not_supported(f"{self.word} in CREATE TABLE", "Compute the column in the query that inserts.")
            else:
                raise self.fail("expected the next column")
        return ColumnDefinition(name, data_type, nullable, comment)

    def properties(self) -> tuple[tuple[str, str], ...]:
        """`(key 'value', a.b = 1, 'key' true)`."""
        self.expect(TokenType.L_PAREN)
        pairs = self._parse_csv(self._property)
        self.expect(TokenType.R_PAREN)
        return tuple(pairs)

    def _property(self) -> tuple[str, str]:
        quoted = self._one_string()
        key = string_value(exp.Concat(expressions=[quoted])) if quoted is not None else ".".join(self.expect_parts())
        self._match(TokenType.EQ)
        text = self.take_text()
        if text is not None:
            return key, text
        is_negative = self._match(TokenType.DASH)
        number = self._parse_number()
        if number is not None:
            return key, f"-{number.name}" if is_negative else str(number.name)
        return key, self.expect_name().lower()

    def assignments(self) -> list[tuple[str, exp.Expr | None]]:
        """`(a = 1, b)` of PARTITION."""
        self.expect(TokenType.L_PAREN)
        pairs = self._parse_csv(self._assignment)
        self.expect(TokenType.R_PAREN)
        return pairs

    def _assignment(self) -> tuple[str, exp.Expr | None]:
        name = self.expect_name()
        value = self.required(self._parse_unary()) if self._match(TokenType.EQ) else None
        return name, value

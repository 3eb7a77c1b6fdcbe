"""The parser in front of a statement: the grammar's words under plain names, for the statement readers."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlglot import TokenType, exp

from unbounded.errors import not_supported
from unbounded.sql.grammar.queries import QueryGrammar
from unbounded.sql.grammar.tokens import string_value

_AFTER_TARGET = frozenset({"SET", "WHERE", "USING", ""})
_CONSTRAINTS = frozenset({"CONSTRAINT", "PRIMARY", "FOREIGN", "CHECK", "UNIQUE"})


@dataclass(frozen=True, slots=True)
class ColumnDefinition:
    """One column of CREATE TABLE; `data_type` None: only named (PARTITIONED BY)."""

    name: str
    data_type: exp.DataType | None = None
    nullable: bool = True
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class AssignedValue:
    """`column = value`, None for DEFAULT; where in the text the column stands."""

    value: exp.Expr | None = None
    column: tuple[str, ...] = ()
    start: int = 0
    end: int = 0


class StatementGrammar(QueryGrammar):
    """Reads DDL and DML word by word; queries, expressions and types inside come as trees."""

    @property
    def is_at_query(self) -> bool:
        return self._is_query()

    def take_text(self) -> str | None:
        """The value of a string literal, if one is there."""
        node = self.string()
        return None if node is None else string_value(node)

    def expect_text(self) -> str:
        return self.required(self.take_text())

    def expect_query(self) -> exp.Expr:
        return self.required(self.query())

    def names(self) -> list[str]:
        """`(a, b)`."""
        return self.wrapped(self.expect_name)

    def column_names(self) -> list[str]:
        """`(a COMMENT 'x', b)` of a view; the comments are read and left."""
        return self.wrapped(self._commented_name)

    def _commented_name(self) -> str:
        name = self.expect_name()
        if self.take_words("COMMENT"):
            self.expect_text()
        return name

    def has_typed_columns(self) -> bool:
        """Whether the parenthesis here holds `name type` and not only names."""
        after = self.token_at(self.position + 2)
        return bool(after) and after.token_type not in (TokenType.COMMA, TokenType.R_PAREN, TokenType.COMMENT)

    def columns(self) -> list[ColumnDefinition]:
        """`(a INT NOT NULL COMMENT 'x', b STRING)`; in PARTITIONED BY a type may be missing."""
        return self.wrapped(self._column)

    def bare_columns(self) -> list[ColumnDefinition]:
        return self.some(self._column)

    def _column(self) -> ColumnDefinition:
        if self.word in _CONSTRAINTS and self.next_word not in (",", ")"):
            raise not_supported("A constraint in CREATE TABLE", "Leave it out.")
        name = self.expect_name()
        if self.word == "(":
            raise not_supported(f"PARTITIONED BY ({name}(…))", "Partition by columns.")
        if self.word in (",", ")", ""):
            return ColumnDefinition(name)
        data_type, nullable, comment = self.expect_type(), True, None
        while self.word not in (",", ")", ""):
            if self.take_words("NOT", "NULL"):
                nullable = False
            elif self.take_words("COMMENT"):
                comment = self.expect_text()
            elif self.word in ("DEFAULT", "GENERATED"):
                raise not_supported(f"{self.word} in CREATE TABLE", "Compute the column in the query that inserts.")
            else:
                raise self.refusal()
        return ColumnDefinition(name, data_type, nullable, comment)

    def properties(self) -> tuple[tuple[str, str], ...]:
        """`(key 'value', a.b = 1, 'key' true)`."""
        return tuple(self.wrapped(self._property))

    def _property(self) -> tuple[str, str]:
        quoted = self._one_string()
        key = string_value(exp.Concat(expressions=[quoted])) if quoted is not None else ".".join(self.expect_parts())
        self.take(TokenType.EQ)
        text = self.take_text()
        if text is not None:
            return key, text
        is_negative = self.take(TokenType.DASH)
        number = self.number()
        if number is not None:
            return key, f"-{number.name}" if is_negative else str(number.name)
        return key, self.expect_name().lower()

    def assignments(self) -> list[tuple[str, exp.Expr | None]]:
        """`(a = 1, b)` of PARTITION."""
        return self.wrapped(self._assignment)

    def _assignment(self) -> tuple[str, exp.Expr | None]:
        name = self.expect_name()
        value = self.required(self.unary()) if self.take(TokenType.EQ) else None
        return name, value

    # ------------------------------------------------------------------------------------------ UPDATE, MERGE

    def expect_condition(self) -> exp.Expr:
        return self.required(self.boolean_expression())

    def expect_table(self) -> exp.Expr:
        """One table or query in parentheses, with its alias."""
        return self.required(self._table())

    def target_alias(self) -> str | None:
        """`[AS] alias` behind the name of a table that is changed."""
        has_as = self.take(TokenType.ALIAS)
        if not has_as and self.word in _AFTER_TARGET:
            return None
        name = self.alias_name(has_as=has_as)
        return str(self.required(name).name) if has_as or name is not None else None

    def set_clause(self) -> list[AssignedValue]:
        """`a = 1, t.b = DEFAULT`."""
        return self.some(self._set_item)

    def _set_item(self) -> AssignedValue:
        column = self.assigned_column()
        self.expect(TokenType.EQ)
        return replace(column, value=self.assigned_value().value)

    def assigned_column(self) -> AssignedValue:
        first = self.current
        return AssignedValue(column=self.expect_parts(), start=first.start, end=self.previous.end)

    def assigned_value(self) -> AssignedValue:
        if self.word == "DEFAULT" and self.next_word in ("", ",", ")", "WHERE", "WHEN"):
            self.advance()
            return AssignedValue(None)
        return AssignedValue(self.required(self.boolean_expression()))

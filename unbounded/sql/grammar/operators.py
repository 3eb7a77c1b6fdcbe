"""Grammar of operators: Spark's precedence and its predicates.

Spark's ladder, loosest first: OR, AND, NOT, one predicate (IS, IN, LIKE, BETWEEN), comparison, `|`, `^`, `&`, shifts,
`+ - ||`, `* / % DIV`, sign. sqlglot's differs (its `||` and `&` bind alike, its `=` is looser than `<`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from sqlglot import TokenType, exp

from unbounded.errors import not_supported
from unbounded.sql.grammar.calls import call
from unbounded.sql.grammar.literals import CONSTANTS
from unbounded.sql.grammar.primaries import PrimaryGrammar

_BINARY: dict[TokenType, tuple[int, type[exp.Binary]]] = {
    TokenType.EQ: (0, exp.EQ),
    TokenType.NEQ: (0, exp.NEQ),
    TokenType.NULLSAFE_EQ: (0, exp.NullSafeEQ),
    TokenType.LT: (0, exp.LT),
    TokenType.LTE: (0, exp.LTE),
    TokenType.GT: (0, exp.GT),
    TokenType.GTE: (0, exp.GTE),
    TokenType.PIPE: (1, exp.BitwiseOr),
    TokenType.CARET: (2, exp.BitwiseXor),
    TokenType.AMP: (3, exp.BitwiseAnd),
    TokenType.PLUS: (5, exp.Add),
    TokenType.DASH: (5, exp.Sub),
    TokenType.DPIPE: (5, exp.DPipe),
    TokenType.STAR: (6, exp.Mul),
    TokenType.SLASH: (6, exp.Div),
    TokenType.MOD: (6, exp.Mod),
    TokenType.DIV: (6, exp.IntDiv),
}
_JOINED: dict[str, tuple[int, str]] = {
    ">>>": (4, ">>>"),
    ">>": (4, ">>"),
    "<<": (4, "<<"),
    "!>": (0, "<="),
    "!<": (0, ">="),
}
"""Operators sqlglot cuts into several tokens: level and Spark's name."""


class OperatorGrammar(PrimaryGrammar):
    """Expressions; `_parse_disjunction` is the top, `_parse_bitwise` Spark's valueExpression."""

    def _parse_equality(self, parse_is: bool = True) -> exp.Expr | None:
        if self._curr.token_type is TokenType.NOT and not self._joined_operator():
            self._advance()
            return exp.Not(this=self.required(self._parse_equality()))
        this = self._parse_bitwise()
        return this if this is None else self._predicate(this)

    def _parse_assignment(self) -> exp.Expr | None:
        return self._parse_disjunction()

    def _parse_conjunction(self) -> exp.Expr | None:
        this = self._parse_equality()
        while this is not None and self._match(TokenType.AND):
            this = exp.And(this=this, expression=self.required(self._parse_equality()))
        return this

    def _parse_disjunction(self) -> exp.Expr | None:
        this = self._parse_conjunction()
        while this is not None and self._match(TokenType.OR):
            this = exp.Or(this=this, expression=self.required(self._parse_conjunction()))
        return this

    # ------------------------------------------------------------------------------------------ predicates

    PREDICATES: ClassVar[dict[TokenType, Callable[[OperatorGrammar, exp.Expr], exp.Expr]]] = {
        TokenType.BETWEEN: lambda self, this: self._between(this),
        TokenType.IN: lambda self, this: self._in(this),
        TokenType.LIKE: lambda self, this: self._like(exp.Like, this),
        TokenType.ILIKE: lambda self, this: self._like(exp.ILike, this),
        TokenType.RLIKE: lambda self, this: exp.RegexpLike(this=this, expression=self._operand()),
    }

    def _predicate(self, this: exp.Expr) -> exp.Expr:
        """At most one predicate behind a value."""
        if self._match(TokenType.IS):
            return self._is(this)
        is_negated = self._curr.token_type is TokenType.NOT and self._next.token_type in self.PREDICATES
        if is_negated:
            self._advance()
        parser = self.PREDICATES.get(self._curr.token_type)
        if parser is None:
            return this
        self._advance()
        predicate = parser(self, this)
        return exp.Not(this=predicate) if is_negated else predicate

    def _is(self, this: exp.Expr) -> exp.Expr:
        is_negated = self._match(TokenType.NOT)
        if self._match_text_seq("DISTINCT", "FROM"):
            equal: exp.Expr = exp.NullSafeEQ(this=this, expression=self._operand())
            return equal if is_negated else exp.Not(this=equal)
        if self._match_set((TokenType.NULL, TokenType.UNKNOWN)):
            return exp.Is(this=this, expression=exp.Null(), negate=is_negated)
        constant = CONSTANTS.get(self._curr.token_type)
        if constant is None:
            raise self.fail("expected NULL, TRUE, FALSE, UNKNOWN or DISTINCT FROM")
        self._advance()
        equal = exp.NullSafeEQ(this=this, expression=constant())
        return exp.Not(this=equal) if is_negated else equal

    def _between(self, this: exp.Expr) -> exp.Expr:
        low = self._operand()
        self.expect(TokenType.AND, missing="AND")
        return exp.Between(this=this, low=low, high=self._operand())

    def _in(self, this: exp.Expr) -> exp.Expr:
        opening = self._tokens[self._index - 1]
        self.expect(TokenType.L_PAREN)
        if self._match(TokenType.R_PAREN):
            raise self.source.error_at("INVALID_SQL_SYNTAX.EMPTY_IN_PREDICATE", opening.start, self._prev.end)
        if self._is_query():
            node = exp.In(this=this, query=self.required(self.parse_query()))
        else:
            node = exp.In(this=this, expressions=self._parse_csv(self._parse_disjunction))
        self.expect(TokenType.R_PAREN)
        return node

    def _like(self, kind: type[exp.Like] | type[exp.ILike], this: exp.Expr) -> exp.Expr:
        if self._curr.token_type in (TokenType.ANY, TokenType.SOME, TokenType.ALL):
            return self._quantified_like(kind, this)
        first = self._tokens[self._index - 1]
        like = kind(this=this, expression=self._operand())
        if not self._match(TokenType.ESCAPE):
            return like
        return self.marked(exp.Escape(this=like, expression=self.required(self._parse_string())), first)

    def _quantified_like(self, kind: type[exp.Like] | type[exp.ILike], this: exp.Expr) -> exp.Expr:
        quantifier = exp.All if self._curr.token_type is TokenType.ALL else exp.Any
        self._advance()
        self.expect(TokenType.L_PAREN)
        patterns = exp.Tuple(expressions=self._parse_csv(self._parse_disjunction))
        self.expect(TokenType.R_PAREN)
        return kind(this=this, expression=quantifier(this=patterns))

    # ------------------------------------------------------------------------------------------ operators

    def _parse_bitwise(self) -> exp.Expr | None:
        return self._binary(0)

    def _parse_term(self, parse_mod: bool = True) -> exp.Expr | None:
        return self._binary(0)

    def _binary(self, lowest: int) -> exp.Expr | None:
        """Operators of level `lowest` and tighter, grouped from the left."""
        this = self._parse_unary()
        while this is not None:
            joined = self._joined_operator()
            if joined is not None:
                (level, name), width = _JOINED[joined], len(joined)
                if level < lowest:
                    break
                self._advance(width)
                this = call(name, this, self.required(self._binary(level + 1)))
                continue
            level, kind = _BINARY.get(self._curr.token_type, (-1, exp.Binary))
            if level < lowest:
                break
            self._advance()
            this = kind(this=this, expression=self.required(self._binary(level + 1)))
        return this

    def _joined_operator(self) -> str | None:
        """The operator of `_JOINED` that starts here, its characters touching each other."""
        if self._curr.text not in (">", "<", "!"):
            return None
        start = self._curr.start
        return next((text for text in _JOINED if self.sql.startswith(text, start)), None)

    def _parse_unary(self) -> exp.Expr | None:
        first = self._curr
        if self._match(TokenType.DASH):
            if self._number_text() is not None:
                return self._postfix(self._negative_number(), self._index)
            return exp.Neg(this=self.required(self._parse_unary()))
        if self._match(TokenType.PLUS):
            return call("+", self.required(self._parse_unary()))
        if self._match(TokenType.TILDE):
            return exp.BitwiseNot(this=self.required(self._parse_unary()))
        start = self._index
        this = self._primary()
        if this is not None and "start" not in this.meta:
            this.meta.update(start=first.start, end=self._prev.end)
        return None if this is None else self._postfix(this, start)

    def _negative_number(self) -> exp.Expr:
        """`-1` is one literal: the smallest integers have no positive counterpart."""
        sign = self._prev
        literal = self.required(self._parse_number())
        literal.set("this", f"-{literal.name}")
        return self.marked(literal, sign)

    def _postfix(self, this: exp.Expr, start: int) -> exp.Expr:
        while True:
            if self._match(TokenType.L_BRACKET):
                this = exp.Bracket(this=this, expressions=[self._operand()])
                self.expect(TokenType.R_BRACKET, missing="]")
            elif self._curr.token_type is TokenType.DOT and self._next.token_type is not TokenType.STAR:
                self._advance()
                this = exp.Dot(this=this, expression=self.required(self._parse_id_var()))
            elif self._match(TokenType.DCOLON):
                this = exp.Cast(this=this, to=self.expect_type())
            elif self._match(TokenType.COLLATE):
                this = exp.Collate(this=this, expression=exp.var(".".join(self.expect_parts())))
            elif self._curr.token_type is TokenType.COLON and self._index > start:
                raise not_supported("A path into a VARIANT (value:field)", "Use get_json_object.")
            else:
                return this

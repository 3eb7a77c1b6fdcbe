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
    """Expressions; `boolean_expression` is the top, `value_expression` Spark's valueExpression."""

    def _negation(self) -> exp.Expr | None:
        if self.is_at(TokenType.NOT) and not self._joined_operator():
            first = self.current
            self.advance()
            return self.marked(exp.Not(this=self.required(self._negation())), first)
        this = self.value_expression()
        return this if this is None else self._predicate(this)

    def _conjunction(self) -> exp.Expr | None:
        this = self._negation()
        while this is not None and self.take(TokenType.AND):
            this = exp.And(this=this, expression=self.required(self._negation()))
        return this

    def boolean_expression(self) -> exp.Expr | None:
        this = self._conjunction()
        while this is not None and self.take(TokenType.OR):
            this = exp.Or(this=this, expression=self.required(self._conjunction()))
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
        if self.take(TokenType.IS):
            return self._is(this)
        is_negated = self.is_at(TokenType.NOT) and self.following.token_type in self.PREDICATES
        if is_negated:
            self.advance()
        parser = self.PREDICATES.get(self.current.token_type)
        if parser is None:
            return this
        self.advance()
        predicate = parser(self, this)
        return exp.Not(this=predicate) if is_negated else predicate

    def _is(self, this: exp.Expr) -> exp.Expr:
        is_negated = self.take(TokenType.NOT)
        if self.take_words("DISTINCT", "FROM"):
            equal: exp.Expr = exp.NullSafeEQ(this=this, expression=self._operand())
            return equal if is_negated else exp.Not(this=equal)
        if self.take(TokenType.NULL, TokenType.UNKNOWN):
            return exp.Is(this=this, expression=exp.Null(), negate=is_negated)
        constant = CONSTANTS.get(self.current.token_type)
        if constant is None:
            raise self.refusal()
        self.advance()
        equal = exp.NullSafeEQ(this=this, expression=constant())
        return exp.Not(this=equal) if is_negated else equal

    def _between(self, this: exp.Expr) -> exp.Expr:
        low = self._operand()
        self.expect(TokenType.AND, missing="AND")
        return exp.Between(this=this, low=low, high=self._operand())

    def _in(self, this: exp.Expr) -> exp.Expr:
        opening = self.previous
        self.expect(TokenType.L_PAREN)
        if self.take(TokenType.R_PAREN):
            raise self.source.error_at("INVALID_SQL_SYNTAX.EMPTY_IN_PREDICATE", opening.start, self.previous.end)
        if self._is_query():
            node = exp.In(this=this, query=self.required(self.query()))
        else:
            node = exp.In(this=this, expressions=self.comma_separated(self.boolean_expression))
        self.expect(TokenType.R_PAREN)
        return node

    def _like(self, kind: type[exp.Like] | type[exp.ILike], this: exp.Expr) -> exp.Expr:
        if self.is_at(TokenType.ANY, TokenType.SOME, TokenType.ALL):
            return self._quantified_like(kind, this)
        first = self.previous
        like = kind(this=this, expression=self._operand())
        if not self.take(TokenType.ESCAPE):
            return like
        return self.marked(exp.Escape(this=like, expression=self.required(self.string())), first)

    def _quantified_like(self, kind: type[exp.Like] | type[exp.ILike], this: exp.Expr) -> exp.Expr:
        quantifier = exp.All if self.is_at(TokenType.ALL) else exp.Any
        self.advance()
        patterns = exp.Tuple(expressions=self.wrapped(self.boolean_expression))
        return kind(this=this, expression=quantifier(this=patterns))

    # ------------------------------------------------------------------------------------------ operators

    def value_expression(self) -> exp.Expr | None:
        return self._binary(0)

    def _binary(self, lowest: int) -> exp.Expr | None:
        """Operators of level `lowest` and tighter, grouped from the left."""
        this = self.unary()
        while this is not None:
            joined = self._joined_operator()
            if joined is not None:
                (level, name), width = _JOINED[joined], len(joined)
                if level < lowest:
                    break
                self.advance(width)
                this = call(name, this, self.required(self._binary(level + 1)))
                continue
            level, kind = _BINARY.get(self.current.token_type, (-1, exp.Binary))
            if level < lowest:
                break
            self.advance()
            this = kind(this=this, expression=self.required(self._binary(level + 1)))
        return this

    def _joined_operator(self) -> str | None:
        """The operator of `_JOINED` that starts here, its characters touching each other."""
        if self.current.text not in (">", "<", "!"):
            return None
        start = self.current.start
        return next((text for text in _JOINED if self.source.text.startswith(text, start)), None)

    def unary(self) -> exp.Expr | None:
        first = self.current
        if self.take(TokenType.DASH):
            if self._number_text() is not None:
                return self._postfix(self._negative_number(), self.position)
            return self.marked(exp.Neg(this=self.required(self.unary())), first)
        if self.take(TokenType.PLUS):
            return call("+", self.required(self.unary()))
        if self.take(TokenType.TILDE):
            return self.marked(exp.BitwiseNot(this=self.required(self.unary())), first)
        start = self.position
        this = self._primary()
        if this is not None and "start" not in this.meta:
            this.meta.update(start=first.start, end=self.previous.end)
        return None if this is None else self._postfix(this, start)

    def _negative_number(self) -> exp.Expr:
        """`-1` is one literal: the smallest integers have no positive counterpart."""
        sign = self.previous
        literal = self.required(self.number())
        literal.set("this", f"-{literal.name}")
        return self.marked(literal, sign)

    def _postfix(self, this: exp.Expr, start: int) -> exp.Expr:
        while True:
            if self.take(TokenType.L_BRACKET):
                this = exp.Bracket(this=this, expressions=[self._operand()])
                self.expect(TokenType.R_BRACKET, missing="]")
            elif self.is_at(TokenType.DOT) and not self.is_before(TokenType.STAR):
                self.advance()
                this = exp.Dot(this=this, expression=self.required(self.identifier()))
            elif self.take(TokenType.DCOLON):
                this = exp.Cast(this=this, to=self.expect_type())
            elif self.take(TokenType.COLLATE):
                this = exp.Collate(this=this, expression=exp.var(".".join(self.expect_parts())))
            elif self.is_at(TokenType.COLON) and self.position > start:
                raise not_supported("A path into a VARIANT (value:field)", "Use get_json_object.")
            else:
                return this

"""Grammar of expressions: Spark's operator precedence, predicates, primaries, lambdas, intervals and typed literals.

Spark's ladder, loosest first: OR, AND, NOT, one predicate (IS, IN, LIKE, BETWEEN), comparison, `|`, `^`, `&`, shifts,
`+ - ||`, `* / % DIV`, sign. sqlglot's differs (its `||` and `&` bind alike, its `=` is looser than `<`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from sqlglot import exp
from sqlglot.tokens import TokenType

from unbounded.errors import not_supported
from unbounded.sql.grammar.calls import CallGrammar, call

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

_QUERY_STARTS = frozenset({TokenType.SELECT, TokenType.WITH, TokenType.VALUES, TokenType.FROM, TokenType.TABLE})
_TYPED_LITERALS = frozenset({"DATE", "TIMESTAMP", "TIMESTAMP_NTZ", "TIMESTAMP_LTZ", "TIME"})
_SUPPORTED_LITERALS = '"DATE", "TIMESTAMP_NTZ", "TIMESTAMP_LTZ", "TIMESTAMP", "INTERVAL", "X", "TIME"'
_INTERVAL_UNITS = frozenset(
    f"{unit}{plural}"
    for unit in "YEAR MONTH WEEK DAY HOUR MINUTE SECOND MILLISECOND MICROSECOND NANOSECOND".split()
    for plural in ("", "S")
)
_CONSTANTS: dict[TokenType, Callable[[], exp.Expr]] = {
    TokenType.NULL: exp.Null,
    TokenType.TRUE: exp.true,
    TokenType.FALSE: exp.false,
}
_NO_OPERAND = frozenset(
    """SELECT FROM WHERE HAVING QUALIFY ON USING UNION EXCEPT INTERSECT WHEN THEN ELSE AND OR NOT IN IS BETWEEN LIKE
    ILIKE RLIKE REGEXP AS ASC DESC LIMIT ESCAPE DISTINCT""".split()
)
"""Words that are taken for a clause where an operand should stand, although Spark would try them as a name."""


class ExpressionGrammar(CallGrammar):
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

    PREDICATES: ClassVar[dict[TokenType, Callable[[ExpressionGrammar, exp.Expr], exp.Expr]]] = {
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
        constant = _CONSTANTS.get(self._curr.token_type)
        if constant is None:
            raise self.fail("expected NULL, TRUE, FALSE, UNKNOWN or DISTINCT FROM")
        self._advance()
        equal = exp.NullSafeEQ(this=this, expression=constant())
        return exp.Not(this=equal) if is_negated else equal

    def _between(self, this: exp.Expr) -> exp.Expr:
        low = self._operand()
        if not self._match(TokenType.AND):
            error = self.fail("expected AND")
            error.hint = ": missing 'AND'"
            raise error
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
            return call("positive", self.required(self._parse_unary()))
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
                self.expect(TokenType.R_BRACKET)
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

    # ------------------------------------------------------------------------------------------ primaries

    def _parse_primary(self) -> exp.Expr | None:
        return self._primary()

    def _parse_column(self) -> exp.Expr | None:
        return self._parse_unary()

    def _primary(self) -> exp.Expr | None:
        token = self._curr
        if (literal := self._parse_string() or self._parse_number()) is not None:
            return literal
        if token.token_type is TokenType.L_PAREN:
            return self._parenthesis()
        if token.token_type is TokenType.HEX_STRING:
            self._advance()
            return exp.HexString(this=token.text)
        if token.token_type is TokenType.STAR:
            self._advance()
            return self._star(None)
        if token.token_type in (TokenType.PLACEHOLDER, TokenType.COLON):
            return self._parameter()
        if not self.is_word() and token.token_type is not TokenType.IDENTIFIER:
            return None
        return self._word_primary()

    def _word_primary(self) -> exp.Expr | None:
        token, after = self._curr, self._next.token_type
        is_plain = token.token_type is not TokenType.IDENTIFIER
        word = token.text.upper() if is_plain else ""
        if word == "CASE" and after not in (TokenType.DOT, TokenType.COMMA, TokenType.FROM):
            return self._case()
        if word == "INTERVAL" and (interval := self._interval()) is not None:
            return interval
        if is_plain and after in (TokenType.STRING, TokenType.RAW_STRING) and word not in _NO_OPERAND:
            return self._typed_literal()
        if token.token_type in _CONSTANTS and after is not TokenType.DOT:
            self._advance()
            return _CONSTANTS[token.token_type]()
        if word == "EXISTS" and after is TokenType.L_PAREN and (exists := self._exists()) is not None:
            return exists
        if after is TokenType.ARROW:
            return self._lambda([self.required(self._parse_id_var())])
        if word in _NO_OPERAND and after not in (TokenType.DOT, TokenType.L_PAREN):
            return None
        return self._name()

    def _name(self) -> exp.Expr:
        """A column, `t.*`, or a call."""
        first = self._curr
        name: exp.Expr = self.required(self._parse_id_var())
        parts = [name]
        while self._curr.token_type is TokenType.DOT and self._next:
            self._advance()
            if self._match(TokenType.STAR):
                return self._star(parts)
            parts.append(self.required(self._parse_id_var()))
            name = exp.Dot(this=name, expression=parts[-1])
        self.marked(name, first)
        if self._curr.token_type is TokenType.L_PAREN:
            return self.parse_call(name, first)
        column = exp.Column(this=parts[0])
        node: exp.Expr = column
        for part in parts[1:]:
            node = exp.Dot(this=node, expression=part)
        return node

    def _star(self, parts: list[exp.Expr] | None) -> exp.Expr:
        """`*` or `t.*`; a target is kept in front of the star as its `this`."""
        excluded = None
        if self._curr.token_type is TokenType.EXCEPT and self._next.token_type is TokenType.L_PAREN:
            self._advance(2)
            excluded = [exp.Tuple(expressions=[exp.to_identifier(p) for p in names]) for names in self._name_list()]
            self.expect(TokenType.R_PAREN)
        star = exp.Star(except_=excluded)
        return star if parts is None else exp.Dot(this=exp.Tuple(expressions=parts), expression=star)

    def _name_list(self) -> list[tuple[str, ...]]:
        return self._parse_csv(self.expect_parts)

    def _parameter(self) -> exp.Expr:
        """`:name`, or `?`, which remembers how many came before it."""
        token = self._curr
        before = self._tokens[: self._index]
        self._advance()
        if token.token_type is TokenType.COLON:
            return exp.Placeholder(this=self.expect_name())
        node = exp.Placeholder()
        node.meta["ordinal"] = sum(other.token_type is TokenType.PLACEHOLDER for other in before)
        return self.marked(node, token)

    def _parenthesis(self) -> exp.Expr:
        if self._is_lambda():
            self._advance()
            names = self._parse_csv(self._parse_id_var)
            self.expect(TokenType.R_PAREN)
            return self._lambda(list(names))
        self._advance()
        if self._is_query():
            query = exp.Subquery(this=self.required(self.parse_query()))
            self.expect(TokenType.R_PAREN)
            return query
        items = self._parse_csv(self._parse_expression)
        if not items:
            raise self.fail("expected an expression")
        self.expect(TokenType.R_PAREN)
        return exp.Paren(this=items[0]) if len(items) == 1 else exp.Tuple(expressions=items)

    def _is_lambda(self) -> bool:
        """Whether `(a, b) ->` starts here."""
        index = self._index + 1
        while self._type_at(index + 1) is TokenType.COMMA:
            index += 2
        return self._type_at(index + 1) is TokenType.R_PAREN and self._type_at(index + 2) is TokenType.ARROW

    def _type_at(self, index: int) -> TokenType | None:
        return self._tokens[index].token_type if index < len(self._tokens) else None

    def _lambda(self, names: list[exp.Expr]) -> exp.Expr:
        self.expect(TokenType.ARROW)
        return exp.Lambda(this=self.required(self._parse_disjunction()), expressions=names)

    def _exists(self) -> exp.Expr | None:
        start = self._index
        self._advance(2)
        if not self._is_query():
            self._retreat(start)
            return None
        query = self.required(self.parse_query())
        self.expect(TokenType.R_PAREN)
        return exp.Exists(this=query)

    def _case(self) -> exp.Expr:
        self._advance()
        this = None if self._curr.token_type is TokenType.WHEN else self.required(self._parse_disjunction())
        branches = []
        while self._match(TokenType.WHEN):
            condition = self.required(self._parse_disjunction())
            self.expect(TokenType.THEN)
            branches.append(exp.If(this=condition, true=self.required(self._parse_disjunction())))
        if not branches:
            raise self.fail("expected WHEN")
        default = self.required(self._parse_disjunction()) if self._match(TokenType.ELSE) else None
        self.expect(TokenType.END)
        return exp.Case(this=this, ifs=branches, default=default)

    # ------------------------------------------------------------------------------------------ typed literals

    def _typed_literal(self) -> exp.Expr:
        first = self._curr
        self._advance()
        text = self.required(self._parse_string())
        name = first.text.upper()
        if name not in _TYPED_LITERALS:
            names = {"unsupportedType": f'"{name}"', "supportedTypes": _SUPPORTED_LITERALS}
            raise self.source.error_at("UNSUPPORTED_TYPED_LITERAL", first.start, self._prev.end, **names)
        return self.marked(exp.Introducer(this=name, expression=text), first)

    def _interval(self) -> exp.Expr | None:
        """`INTERVAL 1 DAY 2 HOURS`, `INTERVAL '1 2' DAY TO HOUR`, `INTERVAL '1 day'`; None if it is only a name."""
        start, first = self._index, self._curr
        self._advance()
        values: list[exp.Expr] = []
        units: list[exp.Expr] = []
        while len(values) == len(units) and (value := self._interval_value()) is not None:
            values.append(value)
            if self.is_word() and self._curr.text.upper() in _INTERVAL_UNITS:
                units.append(exp.var(self.expect_name()))
        if not values:
            self._retreat(start)
            return None
        if len(units) < len(values) and not (len(values) == 1 and isinstance(values[0], exp.Concat)):
            raise self.fail("expected a unit")
        unit: exp.Expr = exp.Tuple(expressions=units)
        if len(units) == 1 and self._match_text_seq("TO"):
            unit = exp.IntervalSpan(this=units[0], expression=exp.var(self.expect_name()))
        return self.marked(exp.Interval(this=exp.Tuple(expressions=values), unit=unit), first)

    def _interval_value(self) -> exp.Expr | None:
        """A number or a string, perhaps with a sign."""
        start = self._index
        is_negative = self._match(TokenType.DASH)
        if not is_negative:
            self._match(TokenType.PLUS)
        value = self._parse_number() or self._parse_string()
        if value is None:
            self._retreat(start)
            return None
        return exp.Neg(this=value) if is_negative else value

    # ------------------------------------------------------------------------------------------ queries inside

    def _is_query(self) -> bool:
        """Whether a query starts here, perhaps in parentheses of its own."""
        index = self._index
        while self._type_at(index) is TokenType.L_PAREN:
            index += 1
        if self._type_at(index) not in _QUERY_STARTS or self._type_at(index + 1) in (None, TokenType.R_PAREN):
            return False
        return index == self._index or self._is_whole_query()

    def _is_whole_query(self) -> bool:
        """`((SELECT 1) UNION (SELECT 2))` is a query, `((SELECT 1) + 1)` is not."""
        depth, index = 0, self._index
        while index < len(self._tokens):
            depth += {TokenType.L_PAREN: 1, TokenType.R_PAREN: -1}.get(self._tokens[index].token_type, 0)
            index += 1
            if depth == 0:
                break
        following = self._type_at(index)
        return following in (None, TokenType.R_PAREN, *self.SET_OPERATIONS) or following in self.QUERY_MODIFIER_TOKENS

    def parse_query(self) -> exp.Expr | None:
        raise NotImplementedError

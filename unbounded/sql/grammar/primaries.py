"""Grammar of primaries: names, calls, parentheses, stars, parameters, CASE, lambdas and queries inside."""

from __future__ import annotations

import re

from sqlglot import TokenType, exp

from unbounded.sql.grammar.calls import CallGrammar
from unbounded.sql.grammar.literals import CONSTANTS

_QUERY_STARTS = frozenset({TokenType.SELECT, TokenType.WITH, TokenType.VALUES, TokenType.FROM, TokenType.TABLE})
_NO_QUERY = frozenset({TokenType.SENTINEL, TokenType.R_PAREN, TokenType.DOT, TokenType.COMMA})
"""What stands behind VALUES, FROM or TABLE where it is only a name."""
_BEHIND_A_QUERY = frozenset(
    {
        TokenType.SENTINEL,
        TokenType.R_PAREN,
        TokenType.UNION,
        TokenType.EXCEPT,
        TokenType.INTERSECT,
        TokenType.ORDER_BY,
        TokenType.SORT_BY,
        TokenType.CLUSTER_BY,
        TokenType.DISTRIBUTE_BY,
        TokenType.LIMIT,
        TokenType.OFFSET,
    }
)
PARENTHESES = {TokenType.L_PAREN: 1, TokenType.R_PAREN: -1}
_NO_OPERAND = frozenset(
    re.findall(
        r"\w+",
        """SELECT FROM WHERE HAVING QUALIFY ON USING UNION EXCEPT INTERSECT WHEN THEN ELSE AND OR NOT IN IS BETWEEN
        LIKE ILIKE RLIKE REGEXP AS ASC DESC LIMIT ESCAPE DISTINCT""",
    )
)
"""Words that are taken for a clause where an operand should stand, although Spark would try them as a name."""


class PrimaryGrammar(CallGrammar):
    """What operators work on. Nothing here knows precedence."""

    def _primary(self) -> exp.Expr | None:
        token = self.current
        if (literal := self.string() or self.number()) is not None:
            return literal
        if token.token_type is TokenType.L_PAREN:
            return self._parenthesis()
        if token.token_type is TokenType.HEX_STRING:
            self.advance()
            return exp.HexString(this=token.text)
        if token.token_type is TokenType.STAR:
            self.advance()
            return self._star(None)
        if token.token_type in (TokenType.PLACEHOLDER, TokenType.COLON):
            return self._parameter()
        if not self.is_at_word and token.token_type is not TokenType.IDENTIFIER:
            return None
        return self._word_primary()

    def _word_primary(self) -> exp.Expr | None:
        token, after = self.current, self.following.token_type
        is_plain = token.token_type is not TokenType.IDENTIFIER
        word = token.text.upper() if is_plain else ""
        if word == "CASE" and after not in (TokenType.DOT, TokenType.COMMA, TokenType.FROM):
            return self._case()
        if word == "INTERVAL" and (interval := self._interval()) is not None:
            return interval
        if is_plain and after in (TokenType.STRING, TokenType.RAW_STRING) and word not in _NO_OPERAND:
            return self._typed_literal()
        if token.token_type in CONSTANTS and after is not TokenType.DOT:
            self.advance()
            return CONSTANTS[token.token_type]()
        if word == "EXISTS" and after is TokenType.L_PAREN and (exists := self._exists()) is not None:
            return exists
        if after is TokenType.ARROW:
            return self._lambda([self.required(self.identifier())])
        if word in _NO_OPERAND and after not in (TokenType.DOT, TokenType.L_PAREN):
            return None
        return self._name()

    def _name(self) -> exp.Expr:
        """A column, `t.*`, or a call."""
        first = self.current
        name: exp.Expr = self.required(self.identifier())
        parts = [name]
        while self.is_at(TokenType.DOT) and self.following:
            self.advance()
            if self.take(TokenType.STAR):
                return self._star(parts)
            parts.append(self.required(self.identifier()))
            name = exp.Dot(this=name, expression=parts[-1])
        self.marked(name, first)
        if self.is_at(TokenType.L_PAREN):
            return self.parse_call(name, first)
        column = exp.Column(this=parts[0])
        node: exp.Expr = column
        for part in parts[1:]:
            node = exp.Dot(this=node, expression=part)
        return node

    def _star(self, parts: list[exp.Expr] | None) -> exp.Expr:
        """`*` or `t.*`; a target is kept in front of the star as its `this`."""
        excluded = None
        if self.is_at(TokenType.EXCEPT) and self.is_before(TokenType.L_PAREN):
            self.advance(2)
            excluded = [exp.Tuple(expressions=[exp.to_identifier(p) for p in names]) for names in self._name_list()]
            self.expect(TokenType.R_PAREN)
        star = exp.Star(except_=excluded)
        return star if parts is None else exp.Dot(this=exp.Tuple(expressions=parts), expression=star)

    def _name_list(self) -> list[tuple[str, ...]]:
        return self.comma_separated(self.expect_parts)

    def _parameter(self) -> exp.Expr:
        """`:name`, or `?`, which remembers how many came before it."""
        token = self.current
        before = [self.token_at(index).token_type for index in range(self.position)]
        self.advance()
        if token.token_type is TokenType.COLON:
            return exp.Placeholder(this=self.expect_name())
        node = exp.Placeholder()
        node.meta["ordinal"] = before.count(TokenType.PLACEHOLDER)
        return self.marked(node, token)

    def _parenthesis(self) -> exp.Expr:
        if self._is_lambda():
            return self._lambda(self.wrapped(self.identifier))
        self.advance()
        if self._is_query():
            query = exp.Subquery(this=self.required(self.query()))
            self.expect(TokenType.R_PAREN)
            return query
        items = self.some(self.named_expression)
        if len(items) == 1 and isinstance(items[0], exp.Alias | exp.Aliases):
            raise self.refusal()
        self.expect(TokenType.R_PAREN)
        return exp.Paren(this=items[0]) if len(items) == 1 else exp.Tuple(expressions=items)

    def _is_lambda(self) -> bool:
        """Whether `(a, b) ->` starts here."""
        index = self.position + 1
        while self.token_at(index + 1).token_type is TokenType.COMMA:
            index += 2
        return (
            self.token_at(index + 1).token_type is TokenType.R_PAREN
            and self.token_at(index + 2).token_type is TokenType.ARROW
        )

    def _lambda(self, names: list[exp.Identifier]) -> exp.Expr:
        self.expect(TokenType.ARROW)
        return exp.Lambda(this=self.required(self.boolean_expression()), expressions=names)

    def _exists(self) -> exp.Expr | None:
        start = self.position
        self.advance(2)
        if not self._is_query():
            self.go_back(start)
            return None
        query = self.required(self.query())
        self.expect(TokenType.R_PAREN)
        return exp.Exists(this=query)

    def _case(self) -> exp.Expr:
        self.advance()
        this = None if self.is_at(TokenType.WHEN) else self.required(self.boolean_expression())
        branches = []
        while self.take(TokenType.WHEN):
            condition = self.required(self.boolean_expression())
            self.expect(TokenType.THEN)
            branches.append(exp.If(this=condition, true=self.required(self.boolean_expression())))
        if not branches:
            raise self.refusal()
        default = self.required(self.boolean_expression()) if self.take(TokenType.ELSE) else None
        self.expect(TokenType.END)
        return exp.Case(this=this, ifs=branches, default=default)

    # ------------------------------------------------------------------------------------------ queries inside

    def _is_query(self) -> bool:
        """Whether a query starts here, perhaps in parentheses of its own."""
        index = self.position
        while self.token_at(index).token_type is TokenType.L_PAREN:
            index += 1
        if self.token_at(index).token_type not in _QUERY_STARTS or self.token_at(index + 1).token_type in _NO_QUERY:
            return False
        return index == self.position or self._is_whole_query()

    def _is_whole_query(self) -> bool:
        """`((SELECT 1) UNION (SELECT 2))` is a query, `((SELECT 1) + 1)` is not."""
        depth, index = 0, self.position
        while token := self.token_at(index):
            depth += PARENTHESES.get(token.token_type, 0)
            index += 1
            if depth == 0:
                break
        return self.token_at(index).token_type in _BEHIND_A_QUERY

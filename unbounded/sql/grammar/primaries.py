"""Grammar of primaries: names, calls, parentheses, stars, parameters, CASE, lambdas and queries inside."""

from __future__ import annotations

import re

from sqlglot import TokenType, exp

from unbounded.sql.grammar.calls import CallGrammar
from unbounded.sql.grammar.literals import CONSTANTS

_QUERY_STARTS = frozenset({TokenType.SELECT, TokenType.WITH, TokenType.VALUES, TokenType.FROM, TokenType.TABLE})
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
        if token.token_type in CONSTANTS and after is not TokenType.DOT:
            self._advance()
            return CONSTANTS[token.token_type]()
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
        if len(items) == 1 and isinstance(items[0], exp.Alias | exp.Aliases):
            raise self.fail("expected a comma")
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

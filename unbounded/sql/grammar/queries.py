"""Grammar of queries: SELECT with its clauses in Spark's order, set operations, WITH and hints."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import Token, TokenType, exp

from unbounded.errors import not_supported
from unbounded.sql.errors import Source
from unbounded.sql.grammar.calls import call
from unbounded.sql.grammar.clauses import ClauseGrammar

_SELECT_CLAUSES = (TokenType.WHERE, TokenType.GROUP_BY, TokenType.HAVING, TokenType.QUALIFY, TokenType.WINDOW)
_RESULT_CLAUSES = (TokenType.ORDER_BY, TokenType.CLUSTER_BY, TokenType.DISTRIBUTE_BY, TokenType.SORT_BY)
_LAST_CLAUSES = (TokenType.WINDOW, TokenType.LIMIT, TokenType.OFFSET)
_SET_OPERATORS: dict[TokenType, type[exp.SetOperation]] = {
    TokenType.UNION: exp.Union,
    TokenType.EXCEPT: exp.Except,
    TokenType.INTERSECT: exp.Intersect,
}


class QueryGrammar(ClauseGrammar):
    """Queries, and the doors into the grammar: `start`, then a `parse_…`."""

    def start(self, source: Source, tokens: list[Token]) -> None:
        """Puts the parser in front of `tokens`, which were cut from `source`."""
        self.reset()
        self.sql = source.text
        self._tokens = tokens
        self._tokens_size = len(tokens)
        self._index = -1
        self._advance()

    def parse_expression(self) -> exp.Expr:
        """One expression, perhaps with an alias, and nothing behind it."""
        node = self.required(self._parse_expression())
        self.expect_end()
        return node

    def parse_order(self) -> list[exp.Expr]:
        """What may stand behind ORDER BY."""
        items = self._parse_csv(self._parse_ordered)
        self.required(items[0] if items else None)
        self.expect_end()
        return list(items)

    # ------------------------------------------------------------------------------------------ queries

    def parse_query(self) -> exp.Expr | None:
        """WITH, set operations and the clauses behind them."""
        ctes = self._parse_with()
        query = self._set_operations()
        if query is None:
            if ctes is not None:
                raise self.fail("expected a query")
            return None
        first = self._curr
        self._clauses(query, _RESULT_CLAUSES)
        self._clauses(query, _LAST_CLAUSES)
        self.marked(query, first)
        if self._match(TokenType.PIPE_GT):
            raise not_supported("SQL pipe syntax (|>)", "Write the query with SELECT … FROM …")
        return query if ctes is None else exp.Subquery(this=query, with_=ctes)

    def _set_operations(self) -> exp.Expr | None:
        """UNION and EXCEPT from the left; INTERSECT binds tighter."""
        left = self._intersections()
        while left is not None and self._curr.token_type in (TokenType.UNION, TokenType.EXCEPT):
            left = self._set_operation(left, self._intersections)
        return left

    def _intersections(self) -> exp.Expr | None:
        left = self._query_term()
        while left is not None and self._curr.token_type is TokenType.INTERSECT:
            left = self._set_operation(left, self._query_term)
        return left

    def _set_operation(self, left: exp.Expr, parse_right: Callable[[], exp.Expr | None]) -> exp.Expr:
        kind = _SET_OPERATORS[self._curr.token_type]
        self._advance()
        is_all = self._match(TokenType.ALL)
        if not is_all:
            self._match(TokenType.DISTINCT)
        return kind(this=left, expression=self.required(parse_right()), distinct=not is_all)

    def _query_term(self) -> exp.Expr | None:
        match self._curr.token_type:
            case TokenType.SELECT:
                return self._select(None)
            case TokenType.FROM:
                from_ = self._parse_from()
                return self._select(from_)
            case TokenType.L_PAREN:
                self._advance()
                query = self.required(self.parse_query())
                self.expect(TokenType.R_PAREN)
                return exp.Subquery(this=query)
            case TokenType.VALUES:
                return self._inline_table()
            case TokenType.TABLE:
                self._advance()
                return exp.Table(this=self._dotted(self.expect_parts()))
            case _:
                return None

    def _dotted(self, parts: tuple[str, ...]) -> exp.Expr:
        node: exp.Expr = exp.to_identifier(parts[0], quoted=True)
        for part in parts[1:]:
            node = exp.Dot(this=node, expression=exp.to_identifier(part, quoted=True))
        return node

    def _select(self, from_: exp.From | None) -> exp.Expr:
        """SELECT … FROM …, or FROM … SELECT …, in which the SELECT may be missing."""
        if from_ is not None and self._curr.token_type is not TokenType.SELECT:
            select = exp.Select(expressions=[exp.Star()], from_=from_)
            self._clauses(select, _SELECT_CLAUSES)
            return select
        return self._select_list(from_)

    def _select_list(self, from_: exp.From | None) -> exp.Expr:
        self.expect(TokenType.SELECT)
        hint = self._parse_hint()
        if self._curr.text.upper() == "TRANSFORM" and self._is_script():
            raise not_supported("SELECT TRANSFORM with a script", "Use mapInPandas.")
        is_distinct = self._match(TokenType.DISTINCT)
        if not is_distinct and self._next.token_type not in (TokenType.L_PAREN, TokenType.COMMA, TokenType.DOT):
            self._match(TokenType.ALL)
        items = self._parse_csv(self._parse_expression)
        if not items:
            raise self.fail("expected an expression")
        select = exp.Select(expressions=items, hint=hint, distinct=exp.Distinct() if is_distinct else None)
        select.set("from_", from_ or self._parse_from())
        self._clauses(select, _SELECT_CLAUSES)
        return select

    def _is_script(self) -> bool:
        """`TRANSFORM (…) USING`: not the function `transform`."""
        depth = 0
        for token in self._tokens[self._index + 1 :]:
            depth += {TokenType.L_PAREN: 1, TokenType.R_PAREN: -1}.get(token.token_type, 0)
            if depth == 0 and token.token_type is not TokenType.R_PAREN:
                return token.token_type is TokenType.USING
        return False

    def _clauses(self, query: exp.Expr, clauses: tuple[TokenType, ...]) -> None:
        """The clauses that are there, each at most once and only in this order."""
        for token_type in clauses:
            if self._curr.token_type is token_type and not (
                token_type is TokenType.WINDOW and query.args.get("windows") is not None
            ):
                key, node = self.QUERY_MODIFIER_PARSERS[token_type](self)
                query.set(key, node)

    # ------------------------------------------------------------------------------------------ WITH and hints

    def _parse_with(self, skip_with_token: bool = False) -> exp.With | None:
        if not self._match(TokenType.WITH):
            return None
        if self._match(TokenType.RECURSIVE):
            raise not_supported("WITH RECURSIVE", "Write the recursion as a loop in Python.")
        return exp.With(expressions=self._parse_csv(self._parse_cte))

    def _parse_cte(self) -> exp.CTE:
        name = self.required(self._parse_id_var())
        columns: list[exp.Expr] = []
        if self._curr.token_type is TokenType.L_PAREN and not self._is_query_in_parentheses():
            self._advance()
            columns = list(self._parse_csv(self._parse_id_var))
            self.expect(TokenType.R_PAREN)
        self._match(TokenType.ALIAS)
        self.expect(TokenType.L_PAREN)
        query = self.required(self.parse_query())
        self.expect(TokenType.R_PAREN)
        return exp.CTE(this=query, alias=exp.TableAlias(this=name, columns=columns))

    def _is_query_in_parentheses(self) -> bool:
        return self._next.token_type in (TokenType.SELECT, TokenType.WITH, TokenType.VALUES, TokenType.FROM)

    def _parse_hint(self) -> exp.Hint | None:
        """`/*+ NAME(parameters), NAME */`: sqlglot keeps the inside as the comment of a token."""
        if not self._match(TokenType.HINT):
            return None
        source = Source(" ".join(self._prev_comments))
        inner = type(self)(dialect=self.dialect)
        inner.start(source, self.dialect.tokenize(source.text))
        return inner.hint_list()

    def hint_list(self) -> exp.Hint:
        hints = []
        while self._curr:
            name = self.expect_name()
            parameters: list[exp.Expr] = []
            if self._match(TokenType.L_PAREN):
                parameters = self._parse_csv(self._parse_unary)
                self.expect(TokenType.R_PAREN)
            hints.append(call(name, *parameters))
            self._match(TokenType.COMMA)
        return exp.Hint(expressions=hints)

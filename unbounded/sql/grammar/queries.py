"""Grammar of queries: SELECT with its clauses in Spark's order, set operations, WITH and hints."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import TokenType, exp

from unbounded.errors import not_supported
from unbounded.sql.dialect import read_tokens
from unbounded.sql.errors import Source
from unbounded.sql.grammar.calls import call
from unbounded.sql.grammar.clauses import CLAUSES, ClauseGrammar
from unbounded.sql.grammar.primaries import PARENTHESES

_SELECT_CLAUSES = (TokenType.WHERE, TokenType.GROUP_BY, TokenType.HAVING, TokenType.QUALIFY, TokenType.WINDOW)
_RESULT_CLAUSES = (TokenType.ORDER_BY, TokenType.CLUSTER_BY, TokenType.DISTRIBUTE_BY, TokenType.SORT_BY)
_LAST_CLAUSES = (TokenType.WINDOW, TokenType.LIMIT, TokenType.OFFSET)
_SET_OPERATORS: dict[TokenType, type[exp.SetOperation]] = {
    TokenType.UNION: exp.Union,
    TokenType.EXCEPT: exp.Except,
    TokenType.INTERSECT: exp.Intersect,
}


class QueryGrammar(ClauseGrammar):
    """Queries, and the doors into the grammar for text that is only an expression or a sort order."""

    def whole_expression(self) -> exp.Expr:
        """One expression, perhaps with an alias, and nothing behind it."""
        node = self.required(self.named_expression())
        self.expect_end()
        return node

    def whole_sort_order(self) -> list[exp.Ordered]:
        items = self.sort_items()
        self.expect_end()
        return items

    # ------------------------------------------------------------------------------------------ queries

    def query(self) -> exp.Expr | None:
        """WITH, set operations and the clauses behind them."""
        ctes = self.with_clause()
        query = self._set_operations()
        if query is None:
            if ctes is not None:
                raise self.refusal()
            return None
        first = self.current
        self._clauses(query, _RESULT_CLAUSES)
        self._clauses(query, _LAST_CLAUSES)
        query.meta["clauses"] = (first.start, self.previous.end)
        if self.take(TokenType.PIPE_GT):
            raise not_supported("SQL pipe syntax (|>)", "Write the query with SELECT … FROM …")
        return query if ctes is None else exp.Subquery(this=query, with_=ctes)

    def _set_operations(self) -> exp.Expr | None:
        """UNION and EXCEPT from the left; INTERSECT binds tighter."""
        first = self.current
        left = self._intersections()
        while left is not None and self.is_at(TokenType.UNION, TokenType.EXCEPT):
            left = self.marked(self._set_operation(left, self._intersections), first)
        return left

    def _intersections(self) -> exp.Expr | None:
        first = self.current
        left = self._query_term()
        while left is not None and self.is_at(TokenType.INTERSECT):
            left = self.marked(self._set_operation(left, self._query_term), first)
        return left

    def _set_operation(self, left: exp.Expr, parse_right: Callable[[], exp.Expr | None]) -> exp.Expr:
        kind = _SET_OPERATORS[self.current.token_type]
        self.advance()
        is_all = self.take(TokenType.ALL)
        if not is_all:
            self.take(TokenType.DISTINCT)
        return kind(this=left, expression=self.required(parse_right()), distinct=not is_all)

    def _query_term(self) -> exp.Expr | None:
        match self.current.token_type:
            case TokenType.SELECT:
                return self._select(None)
            case TokenType.FROM:
                return self._select(self.from_clause())
            case TokenType.L_PAREN:
                self.advance()
                query = self.required(self.query())
                self.expect(TokenType.R_PAREN)
                return exp.Subquery(this=query)
            case TokenType.VALUES:
                return self._inline_table()
            case TokenType.TABLE:
                self.advance()
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
        if from_ is not None and not self.is_at(TokenType.SELECT):
            select = exp.Select(expressions=[exp.Star()], from_=from_)
            self._clauses(select, _SELECT_CLAUSES)
            return select
        return self._select_list(from_)

    def _select_list(self, from_: exp.From | None) -> exp.Expr:
        first = self.current
        self.expect(TokenType.SELECT)
        hint = self._hint()
        if self.word == "TRANSFORM" and self._is_script():
            raise not_supported("SELECT TRANSFORM with a script", "Use mapInPandas.")
        is_distinct = self.take(TokenType.DISTINCT)
        if not is_distinct and not self.is_before(TokenType.L_PAREN, TokenType.COMMA, TokenType.DOT):
            self.take(TokenType.ALL)
        items = self.some(self.named_expression)
        select = exp.Select(expressions=items, hint=hint, distinct=exp.Distinct() if is_distinct else None)
        select.set("from_", from_ or self.from_clause())
        self._clauses(select, _SELECT_CLAUSES)
        return self.marked(select, first)

    def _is_script(self) -> bool:
        """`TRANSFORM (…) USING`: not the function `transform`."""
        depth = 0
        index = self.position + 1
        while (token := self.token_at(index)) and (depth or token.token_type in PARENTHESES):
            depth += PARENTHESES.get(token.token_type, 0)
            index += 1
        return token.token_type is TokenType.USING

    def _clauses(self, query: exp.Expr, clauses: tuple[TokenType, ...]) -> None:
        """The clauses that are there, each at most once and only in this order."""
        for token_type in clauses:
            key, parse = CLAUSES[token_type]
            if self.is_at(token_type) and query.args.get(key) is None:
                query.set(key, parse(self))

    # ------------------------------------------------------------------------------------------ WITH and hints

    def with_clause(self) -> exp.With | None:
        if not self.take(TokenType.WITH):
            return None
        if self.take(TokenType.RECURSIVE):
            raise not_supported("WITH RECURSIVE", "Write the recursion as a loop in Python.")
        return exp.With(expressions=self.comma_separated(self._cte))

    def _cte(self) -> exp.CTE:
        name = self.required(self.identifier())
        has_columns = self.is_at(TokenType.L_PAREN) and not self._is_query_in_parentheses()
        columns = self.wrapped(self.identifier) if has_columns else []
        self.take(TokenType.ALIAS)
        self.expect(TokenType.L_PAREN)
        query = self.required(self.query())
        self.expect(TokenType.R_PAREN)
        return exp.CTE(this=query, alias=exp.TableAlias(this=name, columns=columns))

    def _is_query_in_parentheses(self) -> bool:
        return self.is_before(TokenType.SELECT, TokenType.WITH, TokenType.VALUES, TokenType.FROM)

    def _hint(self) -> exp.Hint | None:
        """`/*+ NAME(parameters), NAME */`: sqlglot keeps the inside as the comment of a token."""
        if not self.take(TokenType.HINT):
            return None
        source = Source(" ".join(self.previous.comments))
        return QueryGrammar(source, read_tokens(source)).hint_list()

    def hint_list(self) -> exp.Hint:
        hints = []
        while self.current:
            name = self.expect_name()
            parameters = self.wrapped(self.unary) if self.is_at(TokenType.L_PAREN) else []
            hints.append(call(name, *parameters))
            self.take(TokenType.COMMA)
        return exp.Hint(expressions=hints)

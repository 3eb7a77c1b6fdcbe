"""Grammar of queries: SELECT and its clauses in Spark's order, set operations, WITH, hints; and the parser itself."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp
from sqlglot.tokens import Token, TokenType

from unbounded.errors import not_supported
from unbounded.sql.errors import Source
from unbounded.sql.grammar.calls import call
from unbounded.sql.grammar.relations import RelationGrammar

_SELECT_CLAUSES = (TokenType.WHERE, TokenType.GROUP_BY, TokenType.HAVING, TokenType.QUALIFY, TokenType.WINDOW)
_RESULT_CLAUSES = (TokenType.ORDER_BY, TokenType.CLUSTER_BY, TokenType.DISTRIBUTE_BY, TokenType.SORT_BY)
_LAST_CLAUSES = (TokenType.WINDOW, TokenType.LIMIT, TokenType.OFFSET)
_SET_OPERATORS: dict[TokenType, type[exp.SetOperation]] = {
    TokenType.UNION: exp.Union,
    TokenType.EXCEPT: exp.Except,
    TokenType.INTERSECT: exp.Intersect,
}


class QueryGrammar(RelationGrammar):
    """Queries and, through `parse_*`, the doors into the grammar."""

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
        self._clauses(query, _RESULT_CLAUSES)
        self._clauses(query, _LAST_CLAUSES)
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

    # ------------------------------------------------------------------------------------------ clauses

    def _parse_where(self, skip_where_token: bool = False) -> exp.Where | None:
        self.expect(TokenType.WHERE)
        return exp.Where(this=self.required(self._parse_disjunction()))

    def _parse_having(self, skip_having_token: bool = False) -> exp.Having | None:
        self.expect(TokenType.HAVING)
        return exp.Having(this=self.required(self._parse_disjunction()))

    def _parse_qualify(self) -> exp.Qualify | None:
        raise not_supported("QUALIFY", "Compute the window column in a subquery and filter around it.")

    def _parse_group(self, skip_group_by_token: bool = False) -> exp.Group | None:
        self.expect(TokenType.GROUP_BY)
        items = [] if self._curr.token_type is TokenType.GROUPING_SETS else self._parse_csv(self._grouping_item)
        suffix: exp.Expr | None = None
        if self._match_text_seq("WITH", "ROLLUP"):
            suffix = exp.Rollup()
        elif self._match_text_seq("WITH", "CUBE"):
            suffix = exp.Cube()
        elif self._curr.token_type is TokenType.GROUPING_SETS:
            suffix = self._grouping_item()
        if not items and suffix is None:
            raise self.fail("expected an expression")
        if not items and suffix is not None:
            return exp.Group(expressions=self._more_items(suffix))
        return exp.Group(expressions=items, grouping_sets=None if suffix is None else [suffix])

    def _more_items(self, first: exp.Expr) -> list[exp.Expr]:
        rest = self._parse_csv(self._grouping_item) if self._match(TokenType.COMMA) else []
        return [first, *rest]

    def _grouping_item(self) -> exp.Expr | None:
        kinds = {TokenType.ROLLUP: exp.Rollup, TokenType.CUBE: exp.Cube, TokenType.GROUPING_SETS: exp.GroupingSets}
        kind = kinds.get(self._curr.token_type)
        if kind is None:
            return self._all_column() or self._parse_disjunction()
        if self._next.token_type is not TokenType.L_PAREN:
            return self._parse_disjunction()
        self._advance(2)
        sets = self._parse_csv(self._grouping_set)
        self.expect(TokenType.R_PAREN)
        return kind(expressions=sets)

    def _grouping_set(self) -> exp.Expr | None:
        if self._curr.token_type is TokenType.L_PAREN and self._next.token_type is TokenType.R_PAREN:
            self._advance(2)
            return exp.Tuple(expressions=[])
        return self._grouping_item()

    def _all_column(self) -> exp.Expr | None:
        """ALL in GROUP BY and ORDER BY: a column of that name to the grammar, Spark decides later."""
        if self._curr.token_type is not TokenType.ALL or self._next.token_type is TokenType.L_PAREN:
            return None
        return exp.Column(this=self.required(self._parse_id_var()))

    def _parse_order(self, this: exp.Expr | None = None, skip_order_token: bool = False) -> exp.Order | None:
        self.expect(TokenType.ORDER_BY)
        return exp.Order(expressions=self._sort_items())

    def _parse_sort(self, exp_class: type[exp.Expr], token: TokenType) -> exp.Expr | None:
        self.expect(token)
        return exp_class(expressions=self._sort_items())

    def _parse_cluster(self) -> exp.Cluster:
        self.expect(TokenType.CLUSTER_BY)
        return exp.Cluster(expressions=self._sort_items())

    def _sort_items(self) -> list[exp.Expr]:
        items = list(self._parse_csv(self._parse_ordered))
        if not items:
            raise self.fail("expected an expression")
        return items

    def _parse_ordered(self, parse_method: object = None) -> exp.Ordered | None:
        """`expression [ASC | DESC] [NULLS FIRST | NULLS LAST]`; nulls are small by default."""
        this = self._all_column() or self._parse_disjunction()
        if this is None:
            return None
        is_descending = self._match(TokenType.DESC)
        if not is_descending:
            self._match(TokenType.ASC)
        has_nulls_first = not is_descending
        if self._match_text_seq("NULLS"):
            if not self._match_texts(("FIRST", "LAST")):
                raise self.fail("expected FIRST or LAST")
            has_nulls_first = self._prev.text.upper() == "FIRST"
        return exp.Ordered(this=this, desc=is_descending, nulls_first=has_nulls_first)

    def _parse_limit(
        self, this: exp.Expr | None = None, top: bool = False, skip_limit_token: bool = False
    ) -> exp.Limit | None:
        self.expect(TokenType.LIMIT)
        if self._curr.token_type is TokenType.ALL and self._next.token_type is not TokenType.L_PAREN:
            self._advance()
            return None
        return exp.Limit(expression=self.required(self._parse_disjunction()))

    def _parse_offset(self, this: exp.Expr | None = None) -> exp.Offset | None:
        self.expect(TokenType.OFFSET)
        return exp.Offset(expression=self.required(self._parse_disjunction()))

    def _parse_window_clause(self) -> list[exp.Expr] | None:
        self.expect(TokenType.WINDOW)
        return self._parse_csv(self._parse_named_window)

    def _parse_named_window(self) -> exp.Expr | None:
        """`name AS (specification)` or `name AS other`."""
        name = self.required(self._parse_id_var())
        self.expect(TokenType.ALIAS)
        if self._curr.token_type is TokenType.L_PAREN:
            specification = self.window_specification()
        else:
            specification = exp.Window(alias=self.required(self._parse_id_var()))
        return exp.Alias(this=specification, alias=name)

    # ------------------------------------------------------------------------------------------ aliases

    def _parse_expression(self) -> exp.Expr | None:
        this = self._parse_disjunction()
        return None if this is None else self._parse_alias(this)

    def _parse_alias(self, this: exp.Expr | None, explicit: bool = False) -> exp.Expr | None:
        """`this [AS] name` or `this [AS] (name, name)`."""
        has_as = self._match(TokenType.ALIAS)
        if self._match(TokenType.L_PAREN):
            names = self._parse_csv(self._parse_id_var)
            self.expect(TokenType.R_PAREN)
            return exp.Aliases(this=this, expressions=names)
        if not has_as and self._curr.token_type is TokenType.WINDOW:
            return this
        name = self._parse_id_var(any_token=has_as)
        if name is None:
            if has_as:
                raise self.fail("expected a name")
            return this
        self.refuse_hyphen() if has_as else None
        return exp.Alias(this=this, alias=name)

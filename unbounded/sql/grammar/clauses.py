"""Grammar of clauses: WHERE, GROUP BY, HAVING, WINDOW, ORDER BY and its relatives, LIMIT, OFFSET; and aliases."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlglot import TokenType, exp

from unbounded.sql.grammar.relations import RelationGrammar


class ClauseGrammar(RelationGrammar):
    """One method per clause; which may stand where is for the layer above."""

    def _where(self) -> exp.Where:
        self.expect(TokenType.WHERE)
        return exp.Where(this=self.required(self.boolean_expression()))

    def _having(self) -> exp.Having:
        self.expect(TokenType.HAVING)
        return exp.Having(this=self.required(self.boolean_expression()))

    def _qualify(self) -> exp.Qualify:
        self.expect(TokenType.QUALIFY)
        return exp.Qualify(this=self.required(self.boolean_expression()))

    def _group(self) -> exp.Group:
        self.expect(TokenType.GROUP_BY)
        items = self.some(self._grouping_item)
        suffix: exp.Expr | None = None
        if self.take_words("WITH", "ROLLUP"):
            suffix = exp.Rollup()
        elif self.take_words("WITH", "CUBE"):
            suffix = exp.Cube()
        elif self.is_at(TokenType.GROUPING_SETS):
            suffix = self._grouping_item()
        return exp.Group(expressions=items, grouping_sets=None if suffix is None else [suffix])

    def _grouping_item(self) -> exp.Expr | None:
        kinds = {TokenType.ROLLUP: exp.Rollup, TokenType.CUBE: exp.Cube, TokenType.GROUPING_SETS: exp.GroupingSets}
        kind = kinds.get(self.current.token_type)
        if kind is None:
            return self._all_column() or self.boolean_expression()
        if not self.is_before(TokenType.L_PAREN):
            return self.boolean_expression()
        self.advance()
        return kind(expressions=self.wrapped(self._grouping_set))

    def _grouping_set(self) -> exp.Expr | None:
        if self.is_at(TokenType.L_PAREN) and self.is_before(TokenType.R_PAREN):
            self.advance(2)
            return exp.Tuple(expressions=[])
        return self._grouping_item()

    def _all_column(self) -> exp.Expr | None:
        """ALL in GROUP BY and ORDER BY: a column of that name to the grammar, Spark decides later."""
        if not self.is_at(TokenType.ALL) or self.is_before(TokenType.L_PAREN):
            return None
        return exp.Column(this=self.required(self.identifier()))

    def _sorted_by(self, kind: type[exp.Expr], token_type: TokenType) -> exp.Expr:
        self.expect(token_type)
        return kind(expressions=self.sort_items())

    def sort_items(self) -> list[exp.Ordered]:
        return self.some(self._sort_item)

    def _sort_item(self) -> exp.Ordered | None:
        """`expression [ASC | DESC] [NULLS FIRST | NULLS LAST]`; nulls are small by default."""
        this = self._all_column() or self.boolean_expression()
        if this is None:
            return None
        is_descending = self.take(TokenType.DESC)
        if not is_descending:
            self.take(TokenType.ASC)
        has_nulls_first = not is_descending
        if self.take_words("NULLS"):
            has_nulls_first = self.required(self.take_one_of(("FIRST", "LAST"))) == "FIRST"
        return exp.Ordered(this=this, desc=is_descending, nulls_first=has_nulls_first)

    def _limit(self) -> exp.Limit | None:
        self.expect(TokenType.LIMIT)
        if self.is_at(TokenType.ALL) and not self.is_before(TokenType.L_PAREN):
            self.advance()
            return None
        return exp.Limit(expression=self.required(self.boolean_expression()))

    def _offset(self) -> exp.Offset:
        self.expect(TokenType.OFFSET)
        return exp.Offset(expression=self.required(self.boolean_expression()))

    def _window_clause(self) -> list[exp.Alias]:
        self.expect(TokenType.WINDOW)
        return self.comma_separated(self._named_window)

    def _named_window(self) -> exp.Alias:
        """`name AS (specification)` or `name AS other`."""
        name = self.required(self.identifier())
        self.expect(TokenType.ALIAS)
        if self.is_at(TokenType.L_PAREN):
            specification = self.window_specification()
        else:
            specification = exp.Window(alias=self.required(self.identifier()))
        return exp.Alias(this=specification, alias=name)

    # ------------------------------------------------------------------------------------------ aliases

    def named_expression(self) -> exp.Expr | None:
        this = self.boolean_expression()
        return None if this is None else self._alias(this)

    def _alias(self, this: exp.Expr) -> exp.Expr:
        """`this [AS] name` or `this [AS] (name, name)`."""
        has_as = self.take(TokenType.ALIAS)
        if self.is_at(TokenType.L_PAREN):
            return exp.Aliases(this=this, expressions=self.wrapped(self.identifier))
        name = self.alias_name(has_as=has_as)
        if name is None:
            if has_as:
                raise self.extra_input()
            return this
        if has_as:
            self.refuse_hyphen()
        return exp.Alias(this=this, alias=name)


CLAUSES: Mapping[TokenType, tuple[str, Callable[[ClauseGrammar], object]]] = {
    TokenType.WHERE: ("where", ClauseGrammar._where),
    TokenType.GROUP_BY: ("group", ClauseGrammar._group),
    TokenType.HAVING: ("having", ClauseGrammar._having),
    TokenType.QUALIFY: ("qualify", ClauseGrammar._qualify),
    TokenType.WINDOW: ("windows", ClauseGrammar._window_clause),
    TokenType.ORDER_BY: ("order", lambda self: self._sorted_by(exp.Order, TokenType.ORDER_BY)),
    TokenType.CLUSTER_BY: ("cluster", lambda self: self._sorted_by(exp.Cluster, TokenType.CLUSTER_BY)),
    TokenType.DISTRIBUTE_BY: ("distribute", lambda self: self._sorted_by(exp.Distribute, TokenType.DISTRIBUTE_BY)),
    TokenType.SORT_BY: ("sort", lambda self: self._sorted_by(exp.Sort, TokenType.SORT_BY)),
    TokenType.LIMIT: ("limit", ClauseGrammar._limit),
    TokenType.OFFSET: ("offset", ClauseGrammar._offset),
}
"""What begins a clause, where the tree keeps it, and how it is read."""

"""Grammar of clauses: WHERE, GROUP BY, HAVING, WINDOW, ORDER BY and its relatives, LIMIT, OFFSET; and aliases."""

from __future__ import annotations

from typing import TypeVar

from sqlglot import TokenType, exp

from unbounded.errors import not_supported
from unbounded.sql.grammar.relations import RelationGrammar

E = TypeVar("E", bound=exp.Expr)


class ClauseGrammar(RelationGrammar):
    """One method per clause; which may stand where is for the layer above."""

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

    def _parse_sort(self, exp_class: type[E], token: TokenType) -> E | None:
        self.expect(token)
        return exp_class(expressions=self._sort_items())

    def _parse_cluster(self) -> exp.Cluster:
        self.expect(TokenType.CLUSTER_BY)
        return exp.Cluster(expressions=self._sort_items())

    def _sort_items(self) -> list[exp.Ordered]:
        items = self._parse_csv(self._parse_ordered)
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
                raise self.extra_input()
            return this
        if has_as:
            self.refuse_hyphen()
        return exp.Alias(this=this, alias=name)

"""Grammar of FROM: tables, subqueries, table functions, VALUES, samples, joins, LATERAL VIEW, PIVOT and UNPIVOT."""

from __future__ import annotations

from collections.abc import Callable, Collection

from sqlglot import TokenType, exp

from unbounded.errors import not_supported
from unbounded.sql.grammar.operators import OperatorGrammar
from unbounded.sql.grammar.tokens import CLAUSE_WORDS

_JOIN_PHRASES: dict[tuple[str, ...], str] = {
    ("JOIN",): "INNER",
    ("INNER", "JOIN"): "INNER",
    ("CROSS", "JOIN"): "CROSS",
    ("LEFT", "OUTER", "JOIN"): "LEFT",
    ("LEFT", "SEMI", "JOIN"): "SEMI",
    ("LEFT", "ANTI", "JOIN"): "ANTI",
    ("LEFT", "JOIN"): "LEFT",
    ("SEMI", "JOIN"): "SEMI",
    ("ANTI", "JOIN"): "ANTI",
    ("RIGHT", "OUTER", "JOIN"): "RIGHT",
    ("RIGHT", "JOIN"): "RIGHT",
    ("FULL", "OUTER", "JOIN"): "FULL",
    ("FULL", "JOIN"): "FULL",
}
COMMA_JOIN = "COMMA"


class RelationGrammar(OperatorGrammar):
    """Everything that can stand in FROM."""

    def _parse_from(
        self, joins: bool = False, skip_from_token: bool = False, consume_pipe: bool = False
    ) -> exp.From | None:
        if not skip_from_token and not self._match(TokenType.FROM):
            return None
        return exp.From(this=self._relation())

    def _relation(self) -> exp.Expr:
        """Tables with what joins and reshapes them, in the order written (`joins` holds joins and pivots)."""
        first = self.required(self._parse_table())
        extensions = list(iter(lambda: self._parse_join() or self._parse_pivot(), None))
        laterals = list(iter(self._parse_lateral, None))
        pivots = list(iter(self._parse_pivot, None))
        return exp.Subquery(this=first, joins=extensions, laterals=laterals, pivots=pivots)

    def _parse_table(self, *_arguments: object, **_options: object) -> exp.Expr | None:
        """One table of a FROM clause with its alias, perhaps behind LATERAL."""
        if self._curr.token_type is TokenType.LATERAL and self._next.token_type is not TokenType.VIEW:
            self._advance()
            return exp.Lateral(this=self.required(self._primary_table()))
        return self._primary_table()

    def _primary_table(self) -> exp.Expr | None:
        if self._curr.token_type is TokenType.L_PAREN:
            return self._parenthesized_table()
        special: exp.Expr | None = None
        if self._curr.token_type is TokenType.VALUES:
            special = self._inline_table()
        elif self._curr.text.upper() == "STREAM" and self._next and self._next.text.upper() not in CLAUSE_WORDS:
            special = self._stream()
        return special or self._named_table()

    def _parenthesized_table(self) -> exp.Expr:
        self._advance()
        inner = self.required(self.parse_query()) if self._is_query() else self._relation()
        self.expect(TokenType.R_PAREN, missing="" if self._curr else ")")
        return self._sampled(exp.Subquery(this=inner))

    def _named_table(self) -> exp.Expr | None:
        if not self.is_word() and self._curr.token_type is not TokenType.IDENTIFIER:
            return None
        first = self._curr
        name: exp.Expr = self.required(self._parse_id_var())
        while self._match(TokenType.DOT):
            name = exp.Dot(this=name, expression=self.required(self._parse_id_var()))
        self.refuse_hyphen()
        if self._match(TokenType.L_PAREN, advance=False):
            if name.name.upper() == "IDENTIFIER":
                raise not_supported("The IDENTIFIER clause", "Write the name of the table itself.")
            self.marked(name, first)
            return self._aliased(exp.Table(this=self.parse_call(name, first)))
        self._refuse_time_travel()
        return self._sampled(exp.Table(this=name))

    def _refuse_time_travel(self) -> None:
        words = [token.text.upper() for token in self._tokens[self._index : self._index + 3]]
        if words[-2:] == ["AS", "OF"] or words[:2] == ["FOR", "SYSTEM_TIME"]:
            raise not_supported("Reading an old version of a table (AS OF)", "Read the table as it is now.")

    def _stream(self) -> exp.Expr | None:
        start = self._index
        self._advance()
        is_wrapped = self._match(TokenType.L_PAREN)
        table = self._named_table()
        if table is None:
            self._retreat(start)
            return None
        if is_wrapped:
            self.expect(TokenType.R_PAREN)
        return self._aliased(exp.Stream(this=table)) if is_wrapped else exp.Stream(this=table)

    def _inline_table(self) -> exp.Expr | None:
        """VALUES row, row …; a row is `(a, b)` or one expression."""
        start = self._index
        self._advance()
        rows = self._parse_csv(self._parse_disjunction)
        if not rows:
            self._retreat(start)
            return None
        return self._aliased(exp.Values(expressions=rows))

    # ------------------------------------------------------------------------------------------ alias and sample

    def _aliased(self, table: exp.Expr) -> exp.Expr:
        alias = self._parse_table_alias()
        return table if alias is None else exp.Subquery(this=table, alias=alias)

    def _parse_table_alias(self, alias_tokens: Collection[TokenType] | None = None) -> exp.TableAlias | None:
        has_as = self._match(TokenType.ALIAS)
        name = self._parse_id_var(any_token=has_as)
        if name is None:
            if has_as:
                raise self.fail("expected a name")
            return None
        columns: list[exp.Expr] = []
        if self._match(TokenType.L_PAREN):
            columns = list(self._parse_csv(self._parse_id_var))
            self.expect(TokenType.R_PAREN)
        return exp.TableAlias(this=name, columns=columns)

    def _sampled(self, table: exp.Expr) -> exp.Expr:
        sample = self._parse_table_sample()
        aliased = self._aliased(table)
        return aliased if sample is None else exp.Subquery(this=aliased, sample=sample)

    def _parse_table_sample(self, as_modifier: bool = False) -> exp.TableSample | None:
        first = self._curr
        if not self._match(TokenType.TABLE_SAMPLE):
            return None
        if self._match_text_seq("SYSTEM"):
            raise not_supported("TABLESAMPLE SYSTEM", "Use TABLESAMPLE (n PERCENT).")
        self._match_text_seq("BERNOULLI")
        self.expect(TokenType.L_PAREN)
        sample = self._sample_size()
        self.expect(TokenType.R_PAREN)
        if self._match_text_seq("REPEATABLE"):
            self.expect(TokenType.L_PAREN)
            sample.set("seed", self.required(self._parse_number()))
            self.expect(TokenType.R_PAREN)
        self.marked(sample, first)
        return sample

    def _sample_size(self) -> exp.TableSample:
        if self._match_text_seq("BUCKET"):
            numerator = self.required(self._parse_number())
            self.expect_words("OUT", "OF")
            denominator = self.required(self._parse_number())
            if self._match(TokenType.ON):
                raise not_supported("TABLESAMPLE (BUCKET … ON column)", "Leave out ON.")
            return exp.TableSample(bucket_numerator=numerator, bucket_denominator=denominator)
        size = self.required(self._parse_unary())
        if self._match_text_seq("PERCENT"):
            return exp.TableSample(percent=size)
        if self._match_text_seq("ROWS"):
            return exp.TableSample(size=size)
        raise not_supported("TABLESAMPLE by bytes", "Use TABLESAMPLE (n PERCENT) or TABLESAMPLE (n ROWS).")

    # ------------------------------------------------------------------------------------------ joins

    def _parse_join(self, *_arguments: object, **_options: object) -> exp.Join | None:
        if self._match(TokenType.COMMA):
            return exp.Join(this=self.required(self._parse_table()), kind=COMMA_JOIN)
        start = self._index
        is_natural = self._match_text_seq("NATURAL")
        kind = next((kind for phrase, kind in _JOIN_PHRASES.items() if self._match_text_seq(*phrase)), None)
        if kind is None:
            self._retreat(start)
            return None
        join = exp.Join(this=self.required(self._parse_table()), kind=kind, method="NATURAL" if is_natural else None)
        if is_natural:
            return join
        if self._match(TokenType.ON):
            join.set("on", self.required(self._parse_disjunction()))
        elif self._match(TokenType.USING):
            self.expect(TokenType.L_PAREN)
            join.set("using", self._parse_csv(self._parse_id_var))
            self.expect(TokenType.R_PAREN)
        return join

    def _parse_lateral(self) -> exp.Lateral | None:
        """LATERAL VIEW [OUTER] generator(…) name [AS] columns."""
        if not self._match_text_seq("LATERAL", "VIEW"):
            return None
        is_outer = self._match_text_seq("OUTER")
        first = self._curr
        name = self.required(self._parse_id_var())
        generator = self.parse_call(self.marked(name, first), first)
        alias = self._parse_id_var(any_token=self._next.token_type not in (None, TokenType.LATERAL))
        columns: list[exp.Expr] = []
        if self._match(TokenType.ALIAS) or not self._is_clause_end():
            columns = list(self._parse_csv(self._parse_id_var))
        return exp.Lateral(this=generator, view=True, outer=is_outer, alias=exp.TableAlias(this=alias, columns=columns))

    def _is_clause_end(self) -> bool:
        is_name = self.is_word() or self._curr.token_type is TokenType.IDENTIFIER
        return not is_name or self._curr.text.upper() in CLAUSE_WORDS

    # ------------------------------------------------------------------------------------------ PIVOT, UNPIVOT

    def _parse_pivot(self) -> exp.Pivot | None:
        if self._next.token_type is not TokenType.L_PAREN and self._next.text.upper() not in ("INCLUDE", "EXCLUDE"):
            return None
        if self._match(TokenType.PIVOT):
            self.expect(TokenType.L_PAREN)
            pivot = self._pivot_body()
        elif self._match(TokenType.UNPIVOT):
            includes_nulls = self._match_text_seq("INCLUDE", "NULLS")
            _ = includes_nulls or self._match_text_seq("EXCLUDE", "NULLS")
            self.expect(TokenType.L_PAREN)
            pivot = self._unpivot_body()
            pivot.set("include_nulls", includes_nulls)
        else:
            return None
        self.expect(TokenType.R_PAREN)
        pivot.set("alias", self._parse_table_alias())
        return pivot

    def _pivot_body(self) -> exp.Pivot:
        aggregates = self._parse_csv(self._parse_expression)
        self.expect(TokenType.FOR)
        columns = self._one_or_wrapped(self._name_column)
        self.expect(TokenType.IN)
        self.expect(TokenType.L_PAREN)
        values = self._parse_csv(self._parse_expression)
        self.expect(TokenType.R_PAREN)
        field = exp.In(this=exp.Tuple(expressions=columns), expressions=values)
        return exp.Pivot(expressions=aggregates, fields=[field], unpivot=False)

    def _unpivot_body(self) -> exp.Pivot:
        value_names = self._one_or_wrapped(self._parse_id_var)
        self.expect(TokenType.FOR)
        name = self.required(self._parse_id_var())
        self.expect(TokenType.IN)
        self.expect(TokenType.L_PAREN)
        groups = self._parse_csv(self._unpivot_group)
        self.expect(TokenType.R_PAREN)
        return exp.Pivot(expressions=value_names, fields=[exp.In(this=name, expressions=groups)], unpivot=True)

    def _unpivot_group(self) -> exp.Expr:
        columns = exp.Tuple(expressions=self._one_or_wrapped(self._name_column))
        has_as = self._match(TokenType.ALIAS)
        alias = self._parse_id_var(any_token=has_as)
        return columns if alias is None else exp.Alias(this=columns, alias=alias)

    def _name_column(self) -> exp.Expr:
        node: exp.Expr = exp.Column(this=self.required(self._parse_id_var()))
        while self._match(TokenType.DOT):
            node = exp.Dot(this=node, expression=self.required(self._parse_id_var()))
        return node

    def _one_or_wrapped(self, parse: Callable[[], exp.Expr | None]) -> list[exp.Expr]:
        if not self._match(TokenType.L_PAREN):
            return [self.required(parse())]
        items = self._parse_csv(parse)
        self.expect(TokenType.R_PAREN)
        return items

"""Grammar of FROM: tables, subqueries, table functions, VALUES, samples, joins, LATERAL VIEW, PIVOT and UNPIVOT."""

from __future__ import annotations

from collections.abc import Callable

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
_TIME_TRAVEL = {"version": ("VERSION", "SYSTEM_VERSION"), "when": ("TIMESTAMP", "SYSTEM_TIME")}
COMMA_JOIN = "COMMA"


class RelationGrammar(OperatorGrammar):
    """Everything that can stand in FROM."""

    def from_clause(self) -> exp.From | None:
        return exp.From(this=self._relation()) if self.take(TokenType.FROM) else None

    def _relation(self) -> exp.Expr:
        """Tables with what joins and reshapes them, in the order written (`joins` holds joins and pivots)."""
        first = self.required(self._table())
        extensions = list(iter(lambda: self._join() or self._pivot(), None))
        laterals = list(iter(self._lateral_view, None))
        pivots = list(iter(self._pivot, None))
        return exp.Subquery(this=first, joins=extensions, laterals=laterals, pivots=pivots)

    def _table(self) -> exp.Expr | None:
        """One table of a FROM clause with its alias, perhaps behind LATERAL."""
        if self.is_at(TokenType.LATERAL) and not self.is_before(TokenType.VIEW):
            self.advance()
            return exp.Lateral(this=self.required(self._primary_table()))
        return self._primary_table()

    def _primary_table(self) -> exp.Expr | None:
        if self.is_at(TokenType.L_PAREN):
            return self._parenthesized_table()
        special: exp.Expr | None = None
        if self.is_at(TokenType.VALUES):
            special = self._inline_table()
        elif self.word == "STREAM" and self.following and self.next_word not in CLAUSE_WORDS:
            special = self._stream()
        return special or self._named_table()

    def _parenthesized_table(self) -> exp.Expr:
        self.advance()
        inner = self.required(self.query()) if self._is_query() else self._relation()
        self.expect(TokenType.R_PAREN, missing="" if self.current else ")")
        return self._sampled(exp.Subquery(this=inner))

    def _named_table(self) -> exp.Expr | None:
        if not self.is_at_word and not self.is_at(TokenType.IDENTIFIER):
            return None
        first = self.current
        name: exp.Expr = self.required(self.identifier())
        while self.take(TokenType.DOT):
            name = exp.Dot(this=name, expression=self.required(self.identifier()))
        self.refuse_hyphen()
        if self.is_at(TokenType.L_PAREN):
            self.marked(name, first)
            return self._aliased(exp.Table(this=self.parse_call(name, first)))
        return self._sampled(exp.Table(this=name, **self._time_travel()))

    def _time_travel(self) -> dict[str, exp.Expr]:
        """`[FOR] VERSION AS OF 3`, `[FOR] TIMESTAMP AS OF '2024-01-31'`."""
        for kind, words in _TIME_TRAVEL.items():
            for word in words:
                if self.take_words(word, "AS", "OF") or self.take_words("FOR", word, "AS", "OF"):
                    return {kind: self.required(self.unary())}
        return {}

    def _stream(self) -> exp.Expr | None:
        start = self.position
        self.advance()
        is_wrapped = self.take(TokenType.L_PAREN)
        table = self._named_table()
        if table is None:
            self.go_back(start)
            return None
        if is_wrapped:
            self.expect(TokenType.R_PAREN)
        return self._aliased(exp.Stream(this=table)) if is_wrapped else exp.Stream(this=table)

    def _inline_table(self) -> exp.Expr | None:
        """VALUES row, row …; a row is `(a, b)` or one expression."""
        start = self.position
        self.advance()
        rows = self.comma_separated(self.boolean_expression)
        if not rows:
            self.go_back(start)
            return None
        return self._aliased(exp.Values(expressions=rows))

    # ------------------------------------------------------------------------------------------ alias and sample

    def _aliased(self, table: exp.Expr) -> exp.Expr:
        alias = self._table_alias()
        return table if alias is None else exp.Subquery(this=table, alias=alias)

    def _table_alias(self) -> exp.TableAlias | None:
        has_as = self.take(TokenType.ALIAS)
        name = self.alias_name(has_as=has_as)
        if name is None:
            if has_as:
                raise self.refusal()
            return None
        columns = self.wrapped(self.identifier) if self.is_at(TokenType.L_PAREN) else []
        return exp.TableAlias(this=name, columns=columns)

    def _sampled(self, table: exp.Expr) -> exp.Expr:
        sample = self._sample()
        aliased = self._aliased(table)
        return aliased if sample is None else exp.Subquery(this=aliased, sample=sample)

    def _sample(self) -> exp.TableSample | None:
        first = self.current
        if not self.take(TokenType.TABLE_SAMPLE):
            return None
        if self.take_words("SYSTEM"):
            raise not_supported("TABLESAMPLE SYSTEM", "Use TABLESAMPLE (n PERCENT).")
        self.take_words("BERNOULLI")
        self.expect(TokenType.L_PAREN)
        sample = self._sample_size()
        self.expect(TokenType.R_PAREN)
        if self.take_words("REPEATABLE"):
            self.expect(TokenType.L_PAREN)
            sample.set("seed", self.required(self.number()))
            self.expect(TokenType.R_PAREN)
        return self.marked(sample, first)

    def _sample_size(self) -> exp.TableSample:
        if self.take_words("BUCKET"):
            numerator = self.required(self.number())
            self.expect_words("OUT", "OF")
            denominator = self.required(self.number())
            if self.take(TokenType.ON):
                raise not_supported("TABLESAMPLE (BUCKET … ON column)", "Leave out ON.")
            return exp.TableSample(bucket_numerator=numerator, bucket_denominator=denominator)
        size = self.required(self.unary())
        if self.take_words("PERCENT"):
            return exp.TableSample(percent=size)
        if self.take_words("ROWS"):
            return exp.TableSample(size=size)
        raise not_supported("TABLESAMPLE by bytes", "Use TABLESAMPLE (n PERCENT) or TABLESAMPLE (n ROWS).")

    # ------------------------------------------------------------------------------------------ joins

    def _join(self) -> exp.Join | None:
        if self.take(TokenType.COMMA):
            return exp.Join(this=self.required(self._table()), kind=COMMA_JOIN)
        start, first = self.position, self.current
        is_natural = self.take_words("NATURAL")
        kind = next((kind for phrase, kind in _JOIN_PHRASES.items() if self.take_words(*phrase)), None)
        if kind is None:
            self.go_back(start)
            return None
        join = exp.Join(this=self.required(self._table()), kind=kind, method="NATURAL" if is_natural else None)
        if is_natural:
            return self.marked(join, first)
        if self.take(TokenType.ON):
            join.set("on", self.required(self.boolean_expression()))
        elif self.take(TokenType.USING):
            join.set("using", self.wrapped(self.identifier))
        return self.marked(join, first)

    def _lateral_view(self) -> exp.Lateral | None:
        """LATERAL VIEW [OUTER] generator(…) name [AS] columns."""
        if not self.take_words("LATERAL", "VIEW"):
            return None
        is_outer = self.take_words("OUTER")
        first = self.current
        name = self.required(self.identifier())
        generator = self.parse_call(self.marked(name, first), first)
        alias = self.required(self.identifier())
        has_columns = self.take(TokenType.ALIAS) or not self._is_clause_end()
        columns = self.comma_separated(self.identifier) if has_columns else []
        return exp.Lateral(this=generator, view=True, outer=is_outer, alias=exp.TableAlias(this=alias, columns=columns))

    def _is_clause_end(self) -> bool:
        is_name = self.is_at_word or self.is_at(TokenType.IDENTIFIER)
        return not is_name or self.word in CLAUSE_WORDS

    # ------------------------------------------------------------------------------------------ PIVOT, UNPIVOT

    def _pivot(self) -> exp.Pivot | None:
        if not self.is_before(TokenType.L_PAREN) and self.next_word not in ("INCLUDE", "EXCLUDE"):
            return None
        if self.take(TokenType.PIVOT):
            self.expect(TokenType.L_PAREN)
            pivot = self._pivot_body()
        elif self.take(TokenType.UNPIVOT):
            includes_nulls = self.take_words("INCLUDE", "NULLS")
            _ = includes_nulls or self.take_words("EXCLUDE", "NULLS")
            self.expect(TokenType.L_PAREN)
            pivot = self._unpivot_body()
            pivot.set("include_nulls", includes_nulls)
        else:
            return None
        self.expect(TokenType.R_PAREN)
        pivot.set("alias", self._table_alias())
        return pivot

    def _pivot_body(self) -> exp.Pivot:
        aggregates = self.comma_separated(self.named_expression)
        self.expect(TokenType.FOR)
        columns = self._one_or_wrapped(self._name_column)
        self.expect(TokenType.IN)
        field = exp.In(this=exp.Tuple(expressions=columns), expressions=self.wrapped(self.named_expression))
        return exp.Pivot(expressions=aggregates, fields=[field], unpivot=False)

    def _unpivot_body(self) -> exp.Pivot:
        value_names = self._one_or_wrapped(self.identifier)
        self.expect(TokenType.FOR)
        name = self.required(self.identifier())
        self.expect(TokenType.IN)
        field = exp.In(this=name, expressions=self.wrapped(self._unpivot_group))
        return exp.Pivot(expressions=value_names, fields=[field], unpivot=True)

    def _unpivot_group(self) -> exp.Expr:
        columns = exp.Tuple(expressions=self._one_or_wrapped(self._name_column))
        has_as = self.take(TokenType.ALIAS)
        alias = self.alias_name(has_as=has_as)
        return columns if alias is None else exp.Alias(this=columns, alias=alias)

    def _name_column(self) -> exp.Expr:
        node: exp.Expr = exp.Column(this=self.required(self.identifier()))
        while self.take(TokenType.DOT):
            node = exp.Dot(this=node, expression=self.required(self.identifier()))
        return node

    def _one_or_wrapped(self, parse: Callable[[], exp.Expr | None]) -> list[exp.Expr]:
        return self.wrapped(parse) if self.is_at(TokenType.L_PAREN) else [self.required(parse())]

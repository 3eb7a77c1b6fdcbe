"""Grammar of literals with words: DATE'…' and its like (X '…' too), INTERVAL in all its forms, NULL, TRUE and FALSE."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import TokenType, exp

from unbounded.sql.grammar.tokens import TokenGrammar

_TYPED_LITERALS = frozenset({"DATE", "TIMESTAMP", "TIMESTAMP_NTZ", "TIMESTAMP_LTZ", "TIME", "X"})
_SUPPORTED_LITERALS = '"DATE", "TIMESTAMP_NTZ", "TIMESTAMP_LTZ", "TIMESTAMP", "INTERVAL", "X", "TIME"'
_INTERVAL_UNITS = frozenset(
    f"{unit}{plural}"
    for unit in ["YEAR", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE", "SECOND", "MILLISECOND", "MICROSECOND", "NANOSECOND"]
    for plural in ("", "S")
)
CONSTANTS: dict[TokenType, Callable[[], exp.Expr]] = {
    TokenType.NULL: exp.Null,
    TokenType.TRUE: exp.true,
    TokenType.FALSE: exp.false,
}


class LiteralGrammar(TokenGrammar):
    """Typed literals and intervals; plain numbers and strings are one layer below."""

    def _typed_literal(self) -> exp.Expr:
        first = self.current
        self.advance()
        text = self.required(self.one_string())
        name = first.text.upper()
        if name not in _TYPED_LITERALS:
            names = {"unsupportedType": f'"{name}"', "supportedTypes": _SUPPORTED_LITERALS}
            raise self.source.error_at("UNSUPPORTED_TYPED_LITERAL", first.start, self.previous.end, **names)
        return self.marked(exp.Introducer(this=name, expression=text), first)

    def _interval(self) -> exp.Expr | None:
        """`INTERVAL 1 DAY 2 HOURS`, `INTERVAL '1 2' DAY TO HOUR`, `INTERVAL '1 day'`; None if it is only a name."""
        start, first = self.position, self.current
        self.advance()
        body = self.current
        values: list[exp.Expr] = []
        units: list[exp.Expr] = []
        while len(values) == len(units) and (value := self._interval_value()) is not None:
            values.append(value)
            if self.is_at_word and self.word in _INTERVAL_UNITS:
                units.append(exp.var(self.expect_name()))
        if not values:
            self.go_back(start)
            return None
        if len(units) < len(values) and not (len(values) == 1 and isinstance(values[0], exp.Concat)):
            raise self.refusal()
        unit: exp.Expr = exp.Tuple(expressions=units)
        if len(units) == 1 and self.take_words("TO"):
            unit = exp.IntervalSpan(this=units[0], expression=exp.var(self.expect_name()))
        values_node = self.marked(exp.Tuple(expressions=values), body)
        return self.marked(exp.Interval(this=values_node, unit=unit), first)

    def _interval_value(self) -> exp.Expr | None:
        """A number or a string, perhaps with a sign."""
        start = self.position
        is_negative = self.take(TokenType.DASH)
        if not is_negative:
            self.take(TokenType.PLUS)
        value = self.number() or self.string()
        if value is None:
            self.go_back(start)
            return None
        return exp.Neg(this=value) if is_negative else value

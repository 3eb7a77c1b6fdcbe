"""Grammar of calls: `f(a, b)` keeps its name and its arguments, and the forms with words inside get the same shape.

Every call becomes `exp.Anonymous(name, arguments)`; DISTINCT, FILTER, WITHIN GROUP, IGNORE NULLS and OVER wrap it in
sqlglot's own nodes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from sqlglot import Token, TokenType, exp

from unbounded.sql.grammar.literals import LiteralGrammar

_NULLS_INSIDE = frozenset({"FIRST", "FIRST_VALUE", "LAST", "LAST_VALUE", "ANY_VALUE"})
_DATETIME_UNITS = frozenset(
    ["YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "DAYOFYEAR", "HOUR", "MINUTE", "SECOND", "MILLISECOND", "MICROSECOND"]
)
_UNIT_CALLS = {
    "TIMESTAMPADD": "timestampadd",
    "DATEADD": "timestampadd",
    "DATE_ADD": "timestampadd",
    "TIMESTAMPDIFF": "timestampdiff",
    "DATEDIFF": "timestampdiff",
    "DATE_DIFF": "timestampdiff",
}
_TRIM_NAMES = {"BOTH": "trim", "LEADING": "ltrim", "TRAILING": "rtrim"}
_ARGUMENT_ENDS = frozenset({TokenType.R_PAREN, TokenType.COMMA})
_WHOLE_REST = "2147483647"
"""The length in `substring(s FROM 2)`: as Spark has it, the largest int."""


def call(name: str, *arguments: exp.Expr) -> exp.Anonymous:
    return exp.Anonymous(this=name, expressions=list(arguments))


def _text(value: str) -> exp.Expr:
    """A string literal whose value is known already."""
    return exp.National(this=value)


class CallGrammar(LiteralGrammar):
    """Function calls and what follows them."""

    SPECIAL_CALLS: ClassVar[dict[str, Callable[[CallGrammar, exp.Expr], exp.Expr]]] = {
        "CAST": lambda self, name: self._cast(exp.Cast),
        "TRY_CAST": lambda self, name: self._cast(exp.TryCast),
        "EXTRACT": lambda self, name: self._extract(name),
        "SUBSTRING": lambda self, name: self._substring(name),
        "SUBSTR": lambda self, name: self._substring(name),
        "TRIM": lambda self, name: self._trim(name),
        "POSITION": lambda self, name: self._position(name),
        "OVERLAY": lambda self, name: self._overlay(name),
        "STRUCT": lambda self, name: exp.Anonymous(this=name, expressions=self.comma_separated(self.named_expression)),
        **dict.fromkeys(_UNIT_CALLS, lambda self, name: self._unit_call(name)),
    }

    def parse_call(self, name: exp.Expr, first: Token) -> exp.Expr:
        """What stands behind `name`, from the parenthesis on."""
        self.expect(TokenType.L_PAREN)
        special = None if isinstance(name, exp.Dot) else self.SPECIAL_CALLS.get(name.name.upper())
        if special is not None and not self.is_at(TokenType.R_PAREN):
            node = special(self, name)
        else:
            node = exp.Anonymous(this=name, expressions=self._arguments())
            node = self._nulls_inside(node, name)
        self.expect(TokenType.R_PAREN)
        return self._suffixes(self.marked(node, first))

    def _arguments(self) -> list[exp.Expr]:
        if self.is_at(TokenType.R_PAREN):
            return []
        if self.take(TokenType.DISTINCT):
            return [exp.Distinct(expressions=self.comma_separated(self._argument))]
        if not self.is_before(TokenType.L_PAREN, TokenType.R_PAREN, TokenType.COMMA):
            self.take(TokenType.ALL)
        return self.some(self._argument)

    def _plain_call(self, name: exp.Expr, *arguments: exp.Expr) -> exp.Expr:
        """The rest of a call whose words turned out to be an ordinary argument list."""
        rest = self.comma_separated(self._argument) if self.take(TokenType.COMMA) else []
        return exp.Anonymous(this=name, expressions=[*arguments, *rest])

    def _argument(self) -> exp.Expr | None:
        if self.is_at_word and self.is_before(TokenType.FARROW):
            key = self.expect_name()
            self.advance()
            return exp.Kwarg(this=exp.var(key), expression=self.required(self.boolean_expression()))
        return self.boolean_expression()

    def _nulls_inside(self, node: exp.Expr, name: exp.Expr) -> exp.Expr:
        if name.name.upper() in _NULLS_INSIDE and self.take_words("IGNORE", "NULLS"):
            return exp.IgnoreNulls(this=node)
        return node

    # ------------------------------------------------------------------------------------------ words inside

    def _cast(self, kind: type[exp.Cast]) -> exp.Expr:
        value = self.required(self.boolean_expression())
        self.expect(TokenType.ALIAS)
        return kind(this=value, to=self.expect_type())

    def _extract(self, name: exp.Expr) -> exp.Expr:
        field = self.current
        if not self.is_before(TokenType.FROM):
            return self._plain_call(name, self._first_argument())
        self.advance(2)
        return call("extract", _text(field.text), self._operand())

    def _substring(self, name: exp.Expr) -> exp.Expr:
        value = self._first_argument()
        if not self.take(TokenType.FROM):
            return self._plain_call(name, value)
        start = self._operand()
        length = self._operand() if self.take(TokenType.FOR) else exp.Literal.number(_WHOLE_REST)
        return call("substring", value, start, length)

    def _trim(self, name: exp.Expr) -> exp.Expr:
        trim_name = "trim"
        if self.word in _TRIM_NAMES and self.following.token_type not in _ARGUMENT_ENDS:
            trim_name = _TRIM_NAMES[self.word]
            self.advance()
        if self.take(TokenType.FROM):
            return call(trim_name, self._operand())
        characters = self._first_argument()
        if not self.take(TokenType.FROM):
            return self._plain_call(name, characters)
        return call(trim_name, characters, self._operand())

    def _position(self, name: exp.Expr) -> exp.Expr:
        part = self._operand()
        return call("locate", part, self._operand()) if self.take(TokenType.IN) else self._plain_call(name, part)

    def _overlay(self, name: exp.Expr) -> exp.Expr:
        value = self._first_argument()
        if not self.take_words("PLACING"):
            return self._plain_call(name, value)
        replacement = self._operand()
        self.expect(TokenType.FROM)
        arguments = [value, replacement, self._operand()]
        if self.take(TokenType.FOR):
            arguments.append(self._operand())
        return call("overlay", *arguments)

    def _unit_call(self, name: exp.Expr) -> exp.Expr:
        """`date_add(DAY, 1, d)`: with a unit and three arguments the function is another one."""
        unit = self.current
        first = self._first_argument()
        arguments = self.comma_separated(self._argument) if self.take(TokenType.COMMA) else []
        if len(arguments) == 2 and unit.text.upper() in _DATETIME_UNITS and isinstance(first, exp.Column):
            return call(_UNIT_CALLS[name.name.upper()], _text(unit.text), *arguments)
        if len(arguments) == 2 and unit.token_type is TokenType.STRING:
            raise self._bad_unit(name, unit)
        return exp.Anonymous(this=name, expressions=[first, *arguments])

    def _bad_unit(self, name: exp.Expr, unit: Token) -> Exception:
        return self.source.error_at(
            "INVALID_PARAMETER_VALUE.DATETIME_UNIT",
            name.meta["start"],
            self.current.end,
            functionName=f"`{name.name}`",
            parameter="`unit`",
            invalidValue=f"'{unit.text}'",
        )

    def _first_argument(self) -> exp.Expr:
        return self.required(self._argument())

    def _operand(self) -> exp.Expr:
        return self.required(self.value_expression())

    # ------------------------------------------------------------------------------------------ behind a call

    def _suffixes(self, node: exp.Expr) -> exp.Expr:
        if self.take_words("WITHIN", "GROUP"):
            self.expect(TokenType.L_PAREN)
            self.expect(TokenType.ORDER_BY)
            node = exp.WithinGroup(this=node, expression=exp.Order(expressions=self.sort_items()))
            self.expect(TokenType.R_PAREN)
        if self.take_words("FILTER", "("):
            self.expect(TokenType.WHERE)
            node = exp.Filter(this=node, expression=exp.Where(this=self.required(self.boolean_expression())))
            self.expect(TokenType.R_PAREN)
        if self.take_words("IGNORE", "NULLS"):
            node = exp.IgnoreNulls(this=node)
        elif self.take_words("RESPECT", "NULLS"):
            node = exp.RespectNulls(this=node)
        return self._over(node) if self.take(TokenType.OVER) else node

    def _over(self, node: exp.Expr) -> exp.Expr:
        """`OVER w`, `OVER (w)` or `OVER (specification)`."""
        if not self.is_at(TokenType.L_PAREN):
            return exp.Window(this=node, alias=self.required(self.identifier()))
        window = self.window_specification()
        window.set("this", node)
        return window

    def window_specification(self) -> exp.Window:
        self.expect(TokenType.L_PAREN)
        if self.is_at_word and self.is_before(TokenType.R_PAREN):
            reference = exp.Window(alias=self.identifier())
            self.advance()
            return reference
        partition: list[exp.Expr] = []
        if self.take(TokenType.PARTITION_BY, TokenType.DISTRIBUTE_BY, TokenType.CLUSTER_BY):
            partition = self.comma_separated(self.boolean_expression)
        is_ordered = self.take(TokenType.ORDER_BY, TokenType.SORT_BY)
        order = exp.Order(expressions=self.sort_items()) if is_ordered else None
        frame = self._frame() if self.word in ("ROWS", "RANGE") else None
        self.expect(TokenType.R_PAREN)
        return exp.Window(partition_by=partition, order=order, spec=frame)

    def _frame(self) -> exp.WindowSpec:
        kind = self.word
        self.advance()
        if not self.take(TokenType.BETWEEN):
            start, side = self._frame_edge()
            return exp.WindowSpec(kind=kind, start=start, start_side=side, end="CURRENT ROW")
        start, start_side = self._frame_edge()
        self.expect(TokenType.AND)
        end, end_side = self._frame_edge()
        return exp.WindowSpec(kind=kind, start=start, start_side=start_side, end=end, end_side=end_side)

    def _frame_edge(self) -> tuple[exp.Expr | str, str | None]:
        if self.take_words("CURRENT", "ROW"):
            return "CURRENT ROW", None
        value: exp.Expr | str = "UNBOUNDED" if self.take_words("UNBOUNDED") else self._operand()
        if not self.take_one_of(("PRECEDING", "FOLLOWING")):
            raise self.refusal()
        return value, self.previous.text.upper()

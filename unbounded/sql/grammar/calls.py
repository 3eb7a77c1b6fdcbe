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
        "STRUCT": lambda self, name: exp.Anonymous(this=name, expressions=self._parse_csv(self._parse_expression)),
        **dict.fromkeys(_UNIT_CALLS, lambda self, name: self._unit_call(name)),
    }

    def parse_call(self, name: exp.Expr, first: Token) -> exp.Expr:
        """What stands behind `name`, from the parenthesis on."""
        self.expect(TokenType.L_PAREN)
        special = None if isinstance(name, exp.Dot) else self.SPECIAL_CALLS.get(name.name.upper())
        if special is not None and self._curr.token_type is not TokenType.R_PAREN:
            node = special(self, name)
        else:
            node = exp.Anonymous(this=name, expressions=self._arguments())
            node = self._nulls_inside(node, name)
        self.expect(TokenType.R_PAREN)
        return self._suffixes(self.marked(node, first))

    def _arguments(self) -> list[exp.Expr]:
        if self._curr.token_type is TokenType.R_PAREN:
            return []
        if self._match(TokenType.DISTINCT):
            return [exp.Distinct(expressions=self._parse_csv(self._argument))]
        if self._next.token_type not in (TokenType.L_PAREN, TokenType.R_PAREN, TokenType.COMMA):
            self._match(TokenType.ALL)
        arguments = self._parse_csv(self._argument)
        if not arguments:
            raise self.fail("expected an argument")
        return arguments

    def _plain_call(self, name: exp.Expr, *arguments: exp.Expr) -> exp.Expr:
        """The rest of a call whose words turned out to be an ordinary argument list."""
        rest = self._parse_csv(self._argument) if self._match(TokenType.COMMA) else []
        return exp.Anonymous(this=name, expressions=[*arguments, *rest])

    def _argument(self) -> exp.Expr | None:
        if self.is_word() and self._next.token_type is TokenType.FARROW:
            key = self.expect_name()
            self._advance()
            return exp.Kwarg(this=exp.var(key), expression=self.required(self._parse_disjunction()))
        return self._parse_disjunction()

    def _nulls_inside(self, node: exp.Expr, name: exp.Expr) -> exp.Expr:
        if name.name.upper() in _NULLS_INSIDE and self._match_text_seq("IGNORE", "NULLS"):
            return exp.IgnoreNulls(this=node)
        return node

    # ------------------------------------------------------------------------------------------ words inside

    def _cast(self, kind: type[exp.Cast]) -> exp.Expr:
        value = self.required(self._parse_disjunction())
        self.expect(TokenType.ALIAS)
        return kind(this=value, to=self.expect_type())

    def _extract(self, name: exp.Expr) -> exp.Expr:
        field = self._curr
        if self._next.token_type is not TokenType.FROM:
            return self._plain_call(name, self._first_argument())
        self._advance(2)
        return call("extract", _text(field.text), self._operand())

    def _substring(self, name: exp.Expr) -> exp.Expr:
        value = self._first_argument()
        if not self._match(TokenType.FROM):
            return self._plain_call(name, value)
        start = self._operand()
        length = self._operand() if self._match(TokenType.FOR) else exp.Literal.number(_WHOLE_REST)
        return call("substring", value, start, length)

    def _trim(self, name: exp.Expr) -> exp.Expr:
        trim_name = "trim"
        if self._curr.text.upper() in _TRIM_NAMES and self._next.token_type not in _ARGUMENT_ENDS:
            trim_name = _TRIM_NAMES[self._curr.text.upper()]
            self._advance()
        if self._match(TokenType.FROM):
            return call(trim_name, self._operand())
        characters = self._first_argument()
        if not self._match(TokenType.FROM):
            return self._plain_call(name, characters)
        return call(trim_name, characters, self._operand())

    def _position(self, name: exp.Expr) -> exp.Expr:
        part = self._operand()
        return call("locate", part, self._operand()) if self._match(TokenType.IN) else self._plain_call(name, part)

    def _overlay(self, name: exp.Expr) -> exp.Expr:
        value = self._first_argument()
        if not self._match_text_seq("PLACING"):
            return self._plain_call(name, value)
        replacement = self._operand()
        self.expect(TokenType.FROM)
        arguments = [value, replacement, self._operand()]
        if self._match(TokenType.FOR):
            arguments.append(self._operand())
        return call("overlay", *arguments)

    def _unit_call(self, name: exp.Expr) -> exp.Expr:
        """`date_add(DAY, 1, d)`: with a unit and three arguments the function is another one."""
        unit = self._curr
        first = self._first_argument()
        arguments = self._parse_csv(self._argument) if self._match(TokenType.COMMA) else []
        if len(arguments) == 2 and unit.text.upper() in _DATETIME_UNITS and isinstance(first, exp.Column):
            return call(_UNIT_CALLS[name.name.upper()], _text(unit.text), *arguments)
        if len(arguments) == 2 and unit.token_type is TokenType.STRING:
            raise self._bad_unit(name, unit)
        return exp.Anonymous(this=name, expressions=[first, *arguments])

    def _bad_unit(self, name: exp.Expr, unit: Token) -> Exception:
        return self.source.error_at(
            "INVALID_PARAMETER_VALUE.DATETIME_UNIT",
            name.meta["start"],
            self._curr.end,
            functionName=f"`{name.name}`",
            parameter="`unit`",
            invalidValue=f"'{unit.text}'",
        )

    def _first_argument(self) -> exp.Expr:
        return self.required(self._argument())

    def _operand(self) -> exp.Expr:
        return self.required(self._parse_bitwise())

    # ------------------------------------------------------------------------------------------ behind a call

    def _suffixes(self, node: exp.Expr) -> exp.Expr:
        if self._match_text_seq("WITHIN", "GROUP"):
            self.expect(TokenType.L_PAREN)
            node = exp.WithinGroup(this=node, expression=self._parse_order())
            self.expect(TokenType.R_PAREN)
        if self._match_text_seq("FILTER", "("):
            self.expect(TokenType.WHERE)
            node = exp.Filter(this=node, expression=exp.Where(this=self.required(self._parse_disjunction())))
            self.expect(TokenType.R_PAREN)
        if self._match_text_seq("IGNORE", "NULLS"):
            node = exp.IgnoreNulls(this=node)
        elif self._match_text_seq("RESPECT", "NULLS"):
            node = exp.RespectNulls(this=node)
        return self._over(node) if self._match(TokenType.OVER) else node

    def _over(self, node: exp.Expr) -> exp.Expr:
        """`OVER w`, `OVER (w)` or `OVER (specification)`."""
        if self._curr.token_type is not TokenType.L_PAREN:
            return exp.Window(this=node, alias=self.required(self._parse_id_var()))
        window = self.window_specification()
        window.set("this", node)
        return window

    def window_specification(self) -> exp.Window:
        self.expect(TokenType.L_PAREN)
        if self.is_word() and self._next.token_type is TokenType.R_PAREN:
            reference = exp.Window(alias=self._parse_id_var())
            self._advance()
            return reference
        partition: list[exp.Expr] = []
        if self._match_set((TokenType.PARTITION_BY, TokenType.DISTRIBUTE_BY, TokenType.CLUSTER_BY)):
            partition = self._parse_csv(self._parse_disjunction)
        order = self._window_order()
        frame = self._frame() if self._curr.text.upper() in ("ROWS", "RANGE") else None
        self.expect(TokenType.R_PAREN)
        return exp.Window(partition_by=partition, order=order, spec=frame)

    def _window_order(self) -> exp.Order | None:
        if not self._match_set((TokenType.ORDER_BY, TokenType.SORT_BY)):
            return None
        return exp.Order(expressions=self._parse_csv(self._parse_ordered))

    def _frame(self) -> exp.WindowSpec:
        kind = self._curr.text.upper()
        self._advance()
        if not self._match(TokenType.BETWEEN):
            start, side = self._frame_edge()
            return exp.WindowSpec(kind=kind, start=start, start_side=side, end="CURRENT ROW")
        start, start_side = self._frame_edge()
        self.expect(TokenType.AND)
        end, end_side = self._frame_edge()
        return exp.WindowSpec(kind=kind, start=start, start_side=start_side, end=end, end_side=end_side)

    def _frame_edge(self) -> tuple[exp.Expr | str, str | None]:
        if self._match_text_seq("CURRENT", "ROW"):
            return "CURRENT ROW", None
        value: exp.Expr | str = "UNBOUNDED" if self._match_text_seq("UNBOUNDED") else self._operand()
        if not self._match_texts(("PRECEDING", "FOLLOWING")):
            raise self.fail("expected PRECEDING or FOLLOWING")
        return value, self._prev.text.upper()

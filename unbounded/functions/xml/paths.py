"""XPath 1.0: an expression as text becomes a function of a context. The grammar is section 2 and 3 of the W3C's text.

Variables and namespaces are left out: nobody could bind them. The messages are those of Java's implementation.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache

from unbounded.functions.xml.axes import AXES
from unbounded.functions.xml.library import FUNCTIONS, Context, PathFunction
from unbounded.functions.xml.nodes import Node, NodeKind
from unbounded.functions.xml.tokens import Token, TokenKind, tokenize
from unbounded.functions.xml.values import Value, compare, equal, in_order, to_number, to_truth

Path = Callable[[Context], Value]
Nodes = Callable[[Context], list[Node]]
Test = Callable[[Node], bool]

_NODE_TYPES: dict[str, Test] = {
    "node": lambda node: True,
    "text": lambda node: node.kind is NodeKind.TEXT,
    "comment": lambda node: node.kind is NodeKind.COMMENT,
    "processing-instruction": lambda node: node.kind is NodeKind.INSTRUCTION,
}
_ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "div": lambda a, b: a / b if b else a * math.copysign(math.inf, b),
    "mod": lambda a, b: math.fmod(a, b) if b and not math.isinf(a) else math.nan,
}
_STEP_SYMBOLS = frozenset({".", "..", "@", "*"})


class NotAPath(ValueError):
    """A text that is no XPath expression; says why as Java does."""


@lru_cache(maxsize=256)
def read_path(text: str) -> Path:
    """Raises: NotAPath"""
    parser = _Parser(text)
    path = parser.either()
    parser.expect_end()
    return path


class _Parser:
    """One method a rule of the grammar, from the loosest operator to the tightest."""

    def __init__(self, text: str) -> None:
        self._tokens = tokenize(text)
        self._position = 0

    @property
    def _next(self) -> Token:
        return self._tokens[self._position]

    def _accept(self, *texts: str) -> str | None:
        """The next token's text, taken, if it is one of these symbols or operators."""
        token = self._next
        if token.kind not in (TokenKind.SYMBOL, TokenKind.OPERATOR) or token.text not in texts:
            return None
        self._position += 1
        return token.text

    def _expect(self, symbol: str) -> None:
        if self._accept(symbol) is None:
            raise NotAPath(f"Expected {symbol}, but found: {self._next.text}")

    def expect_end(self) -> None:
        if self._next.kind is not TokenKind.END:
            raise NotAPath(f"Extra illegal tokens: {self._rest()}")

    def _rest(self) -> str:
        return ", ".join(f"'{token.text}'" for token in self._tokens[self._position : -1])

    # ------------------------------------------------------------------------------------------ operators

    def either(self) -> Path:
        left = self._both()
        while self._accept("or"):
            left = _or(left, self._both())
        return left

    def _both(self) -> Path:
        left = self._equality()
        while self._accept("and"):
            left = _and(left, self._equality())
        return left

    def _equality(self) -> Path:
        left = self._relation()
        while operator := self._accept("=", "!="):
            left = _equality(left, self._relation(), negated=operator == "!=")
        return left

    def _relation(self) -> Path:
        left = self._sum()
        while operator := self._accept("<", "<=", ">", ">="):
            left = _relation(operator, left, self._sum())
        return left

    def _sum(self) -> Path:
        left = self._product()
        while operator := self._accept("+", "-"):
            left = _arithmetic(operator, left, self._product())
        return left

    def _product(self) -> Path:
        left = self._negation()
        while self._next.kind is TokenKind.OPERATOR and (operator := self._accept("*", "div", "mod")):
            left = _arithmetic(operator, left, self._negation())
        return left

    def _negation(self) -> Path:
        if self._accept("-"):
            operand = self._negation()
            return lambda context: -to_number(operand(context))
        return self._union()

    def _union(self) -> Path:
        left = self._path()
        while self._accept("|"):
            left = _union(left, self._path())
        return left

    # ------------------------------------------------------------------------------------------ paths

    def _path(self) -> Path:
        if self._starts_primary():
            return self._filtered_path()
        if self._accept("//"):
            return self._steps(_descendants(_root), is_required=True)
        if self._accept("/"):
            return self._steps(_root, is_required=False)
        if not self._starts_step():
            shown = self._next.text
            raise NotAPath(f"A location path was expected, but the following token was encountered:  {shown}")
        return self._steps(lambda context: [context.node], is_required=True)

    def _starts_primary(self) -> bool:
        token, following = self._next, self._tokens[min(self._position + 1, len(self._tokens) - 1)]
        is_call = token.kind is TokenKind.NAME and following == Token(TokenKind.SYMBOL, "(")
        is_bracket = token == Token(TokenKind.SYMBOL, "(")
        is_constant = token.kind in (TokenKind.NUMBER, TokenKind.TEXT)
        return is_constant or is_bracket or (is_call and token.text not in _NODE_TYPES)

    def _filtered_path(self) -> Path:
        value = self._primary()
        predicates = self._predicates()
        if predicates:
            value = _filtered(value, predicates)
        if self._accept("//"):
            return self._steps(_descendants(_as_nodes(value)), is_required=True)
        return self._steps(_as_nodes(value), is_required=True) if self._accept("/") else value

    def _primary(self) -> Path:
        token = self._next
        self._position += 1
        if token.kind is TokenKind.NUMBER:
            number = float(token.text)
            return lambda context: number
        if token.kind is TokenKind.TEXT:
            return lambda context: token.text
        if token.kind is TokenKind.NAME:
            return self._call(token.text)
        inner = self.either()
        self._expect(")")
        return inner

    def _call(self, name: str) -> Path:
        function = FUNCTIONS.get(name)
        if function is None:
            raise NotAPath(f"Could not find function: {name}")
        self._expect("(")
        arguments: list[Path] = []
        while not self._accept(")"):
            if arguments:
                self._expect(",")
            arguments.append(self.either())
        if not function.least <= len(arguments) <= function.most:
            raise NotAPath(f"Wrong number of arguments of the function {name}: {len(arguments)}")
        return _called(function, arguments)

    def _steps(self, start: Nodes, *, is_required: bool) -> Path:
        if not self._starts_step():
            if is_required:
                raise NotAPath("A location step was expected following the '/' or '//' token.")
            return start
        nodes = self._step(start)
        while separator := self._accept("/", "//"):
            if not self._starts_step():
                raise NotAPath("A location step was expected following the '/' or '//' token.")
            nodes = self._step(_descendants(nodes) if separator == "//" else nodes)
        return nodes

    def _starts_step(self) -> bool:
        token = self._next
        return token.kind is TokenKind.NAME or (token.kind is TokenKind.SYMBOL and token.text in _STEP_SYMBOLS)

    def _step(self, start: Nodes) -> Nodes:
        if short := self._accept(".", ".."):
            return _step(start, "self" if short == "." else "parent", _NODE_TYPES["node"], ())
        axis = "attribute" if self._accept("@") else self._axis()
        return _step(start, axis, self._test(axis), self._predicates())

    def _axis(self) -> str:
        name = self._next.text
        if self._tokens[min(self._position + 1, len(self._tokens) - 1)] != Token(TokenKind.SYMBOL, "::"):
            return "child"
        if name not in AXES:
            raise NotAPath(f"illegal axis name: {name}")
        self._position += 2
        return name

    def _test(self, axis: str) -> Test:
        kind = NodeKind.ATTRIBUTE if axis == "attribute" else NodeKind.ELEMENT
        token = self._next
        self._position += 1
        if token.text == "*":
            return lambda node: node.kind is kind
        if token.kind is not TokenKind.NAME:
            raise NotAPath(f"Unknown nodetype: {token.text}")
        if token.text in _NODE_TYPES and self._accept("("):
            return self._node_type(token.text)
        if ":" in token.text:
            raise NotAPath(f"Prefix must resolve to a namespace: {token.text.partition(':')[0]}")
        return lambda node: node.kind is kind and node.local_name == token.text

    def _node_type(self, name: str) -> Test:
        is_kind, target = _NODE_TYPES[name], self._next
        if target.kind is TokenKind.TEXT and name == "processing-instruction":
            self._position += 1
            self._expect(")")
            return lambda node: is_kind(node) and node.name == target.text
        self._expect(")")
        return is_kind

    def _predicates(self) -> tuple[Path, ...]:
        predicates: list[Path] = []
        while self._accept("["):
            predicates.append(self.either())
            self._expect("]")
        return tuple(predicates)


# ---------------------------------------------------------------------------------------------- what they do


def _or(left: Path, right: Path) -> Path:
    return lambda context: to_truth(left(context)) or to_truth(right(context))


def _and(left: Path, right: Path) -> Path:
    return lambda context: to_truth(left(context)) and to_truth(right(context))


def _equality(left: Path, right: Path, *, negated: bool) -> Path:
    return lambda context: equal(left(context), right(context), negated=negated)


def _relation(comparison: str, left: Path, right: Path) -> Path:
    return lambda context: compare(comparison, left(context), right(context))


def _arithmetic(operator: str, left: Path, right: Path) -> Path:
    compute = _ARITHMETIC[operator]
    return lambda context: compute(to_number(left(context)), to_number(right(context)))


def _union(left: Path, right: Path) -> Path:
    return lambda context: in_order([*_as_nodes(left)(context), *_as_nodes(right)(context)])


def _called(function: PathFunction, arguments: Sequence[Path]) -> Path:
    if function.uses_context:
        return lambda context: function.run(context)
    if not arguments and function.most:
        return lambda context: function.run([context.node])
    return lambda context: function.run(*(argument(context) for argument in arguments))


def _as_nodes(path: Path) -> Nodes:
    """Raises: NotAPath, when it is evaluated to something else"""

    def run(context: Context) -> list[Node]:
        value = path(context)
        if not isinstance(value, list):
            raise NotAPath(f"Can not convert {type_name(value)} to a NodeList!")
        return value

    return run


def type_name(value: Value) -> str:
    """As Java's messages name it."""
    match value:
        case bool():
            return "#BOOLEAN"
        case float():
            return "#NUMBER"
        case str():
            return "#STRING"
        case _:
            return "#NODESET"


def _root(context: Context) -> list[Node]:
    node = context.node
    while node.parent is not None:
        node = node.parent
    return [node]


def _descendants(start: Nodes) -> Nodes:
    """What `//` stands for."""
    return _step(start, "descendant-or-self", _NODE_TYPES["node"], ())


def _step(start: Nodes, axis: str, test: Test, predicates: Sequence[Path]) -> Nodes:
    seen_from = AXES[axis]

    def run(context: Context) -> list[Node]:
        found: list[Node] = []
        for node in start(context):
            found += _kept([other for other in seen_from(node) if test(other)], predicates)
        return in_order(found)

    return run


def _filtered(path: Path, predicates: Sequence[Path]) -> Path:
    nodes = _as_nodes(path)
    return lambda context: _kept(nodes(context), predicates)


def _kept(nodes: list[Node], predicates: Sequence[Path]) -> list[Node]:
    """A number as predicate is a position."""
    for predicate in predicates:
        values = [predicate(Context(node, i, len(nodes))) for i, node in enumerate(nodes, 1)]
        nodes = [
            node
            for i, (node, value) in enumerate(zip(nodes, values, strict=True), 1)
            if (value == i if isinstance(value, float) else to_truth(value))
        ]
    return nodes

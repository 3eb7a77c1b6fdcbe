"""An XML document as a tree of nodes, read with expat. Names are compared without their prefixes, as Spark's are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from xml.parsers import expat


class NodeKind(Enum):
    ROOT = "root"
    ELEMENT = "element"
    ATTRIBUTE = "attribute"
    TEXT = "text"
    COMMENT = "comment"
    INSTRUCTION = "processing-instruction"


@dataclass(eq=False, slots=True)
class Node:
    """`order` is the place in the document, `value` the text of a node that is no element."""

    kind: NodeKind
    order: int
    parent: Node | None = None
    name: str = ""
    value: str = ""
    children: list[Node] = field(default_factory=list)
    attributes: list[Node] = field(default_factory=list)

    @property
    def local_name(self) -> str:
        return self.name.rpartition(":")[2]

    @property
    def text(self) -> str:
        """XPath's string value: of an element, all text below it."""
        if self.kind not in (NodeKind.ROOT, NodeKind.ELEMENT):
            return self.value
        return "".join(node.value for node in self.descendants() if node.kind is NodeKind.TEXT)

    def descendants(self) -> Iterator[Node]:
        """In the order of the document, without the node itself."""
        waiting = self.children[::-1]
        while waiting:
            node = waiting.pop()
            yield node
            waiting += node.children[::-1]


class NotXml(ValueError):
    """A text that is no XML document."""


def read_document(text: str) -> Node:
    """The root of the document `text`. Raises: NotXml"""
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.ordered_attributes = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.add_text
    parser.CommentHandler = reader.add_comment
    parser.ProcessingInstructionHandler = reader.add_instruction
    try:
        parser.Parse(text, True)
    except expat.ExpatError as error:
        raise NotXml(str(error)) from None
    return reader.root


class _Reader:
    """Builds the tree from expat's events."""

    def __init__(self) -> None:
        self.root = self._current = Node(NodeKind.ROOT, 0)
        self._count = 0

    def start(self, name: str, attributes: list[str]) -> None:
        element = self._add(NodeKind.ELEMENT, name, "")
        for key, value in zip(attributes[::2], attributes[1::2], strict=True):
            if key != "xmlns" and not key.startswith("xmlns:"):
                element.attributes.append(self._new(NodeKind.ATTRIBUTE, element, key, value))
        self._current = element

    def end(self, name: str) -> None:
        assert self._current.parent is not None
        self._current = self._current.parent

    def add_text(self, text: str) -> None:
        if self._current.kind is NodeKind.ELEMENT:
            self._add(NodeKind.TEXT, "", text)

    def add_comment(self, text: str) -> None:
        self._add(NodeKind.COMMENT, "", text)

    def add_instruction(self, target: str, text: str) -> None:
        self._add(NodeKind.INSTRUCTION, target, text)

    def _add(self, kind: NodeKind, name: str, value: str) -> Node:
        node = self._new(kind, self._current, name, value)
        self._current.children.append(node)
        return node

    def _new(self, kind: NodeKind, parent: Node, name: str, value: str) -> Node:
        self._count += 1
        return Node(kind, self._count, parent, name, value)

"""XPath over columns of XML documents, in the four kinds of result. An empty document or path gives NULL."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from unbounded.errors import NO_CONDITION, ErrorKind, SparkError
from unbounded.functions.kernels.kernel import Kernel, per_row
from unbounded.functions.xml.library import Context
from unbounded.functions.xml.nodes import NodeKind, NotXml, read_document
from unbounded.functions.xml.paths import NotAPath, read_path, type_name
from unbounded.functions.xml.values import Value, to_number, to_text, to_truth

Result = TypeVar("Result")


def _evaluated(convert: Callable[[Value], Result]) -> Callable[[str, str], Result | None]:
    def run(document: str, path: str) -> Result | None:
        return convert(_value(document, path)) if document and path else None

    return run


def _value(document: str, path: str) -> Value:
    try:
        evaluate = read_path(path)
        return evaluate(Context(read_document(document)))
    except NotAPath as error:
        raise _failure(f"Invalid XPath '{path}'javax.xml.transform.TransformerException: {error}") from None
    except NotXml:
        raise _failure(f"Error loading expression '{path}'") from None


def _failure(message: str) -> SparkError:
    return SparkError(ErrorKind.JAVA_RUNTIME, NO_CONDITION, {"message": message})


def _node_values(value: Value) -> list[str | None]:
    """The texts of text nodes and attributes; an element has none of its own."""
    if not isinstance(value, list):
        reason = f"Can not convert {type_name(value)} to a NodeList!"
        raise _failure(f"Invalid XML document: com.sun.org.apache.xpath.internal.XPathException: {reason}")
    return [None if node.kind in (NodeKind.ROOT, NodeKind.ELEMENT) else node.value for node in value]


_TWO_TEXTS = ("VARCHAR", "VARCHAR")

KERNELS: dict[str, Kernel] = {
    "xpath": per_row(_evaluated(_node_values), _TWO_TEXTS, "VARCHAR[]"),
    "xpath_text": per_row(_evaluated(to_text), _TWO_TEXTS, "VARCHAR"),
    "xpath_number": per_row(_evaluated(to_number), _TWO_TEXTS, "DOUBLE"),
    "xpath_truth": per_row(_evaluated(to_truth), _TWO_TEXTS, "BOOLEAN"),
}

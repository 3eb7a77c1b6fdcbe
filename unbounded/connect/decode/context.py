"""What decoding needs besides the message, and the errors of a plan that makes no sense. Reads no message itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from google.protobuf.message import Message

from unbounded.errors import ErrorKind, SparkError
from unbounded.plan.unresolved import Options, Relation


@dataclass(frozen=True, slots=True)
class DecodeContext:
    """`cached_bytes` gives an uploaded artifact of the session by its hash and raises KeyError if there is none.

    `references` are the relations which subquery expressions may point at, by the client's plan id.
    """

    cached_bytes: Callable[[str], bytes]
    references: Mapping[int, Relation] = field(default_factory=dict)

    def with_references(self, references: Mapping[int, Relation]) -> DecodeContext:
        return replace(self, references={**self.references, **references})


def invalid_plan(reason: str, /, **parameters: str) -> SparkError:
    """A plan which no client may send: `reason` is the sub-condition of CONNECT_INVALID_PLAN."""
    return SparkError(ErrorKind.INVALID_PLAN, f"CONNECT_INVALID_PLAN.{reason}", parameters)


def one_of_not_set(message: Message, name: str) -> SparkError:
    return invalid_plan("INVALID_ONE_OF_FIELD_NOT_SET", fullName=message.DESCRIPTOR.full_name, name=name)


def invalid_enum(message: Message, name: str, number: int) -> SparkError:
    return invalid_plan("INVALID_ENUM", fullName=message.DESCRIPTOR.full_name, name=name, number=str(number))


def decode_options(options: Mapping[str, str]) -> Options:
    """Options sorted by key: a protobuf map has no order, and equal programs shall be equal plans."""
    return tuple(sorted(options.items()))

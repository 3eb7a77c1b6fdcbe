"""input_file_name() and its kin: of which file a row is.

`analysis.input_files` gives the calls an argument, what `_metadata` says; a call without one is of a row in no file.
"""

from __future__ import annotations

from collections.abc import Mapping

from unbounded.functions.registry import Function, Invocation, Nullability, scalar
from unbounded.types.datatypes import LONG, STRING, DataType

METADATA_FIELDS: Mapping[str, str] = {
    "input_file_name": "file_path",
    "input_file_block_start": "file_block_start",
    "input_file_block_length": "file_block_length",
}
"""What each function reads of `_metadata`."""


def _lower_name(invocation: Invocation) -> str:
    """The function has `file:///a`, where the path in `_metadata` is `file:/a`."""
    return f"'file://' || {invocation.sql[0]}[6:]" if invocation.sql else "''"


def _lower_number(invocation: Invocation) -> str:
    return invocation.sql[0] if invocation.sql else "-1::BIGINT"


def _function(data_type: DataType) -> Function:
    rule = _lower_name if data_type == STRING else _lower_number
    return scalar([], data_type, rule, nullability=Nullability.NEVER)


FUNCTIONS: dict[str, Function] = {
    "input_file_name": _function(STRING),
    "input_file_block_start": _function(LONG),
    "input_file_block_length": _function(LONG),
}

"""From protobuf to `plan.unresolved`: pure, no session, no names looked up. The only way in for plans from clients.

`decode_plan_root`, `decode_command` and `decode_expression` give nodes or raise `SparkError`: for a plan that makes no
sense (kind INVALID_PLAN), for text that does not parse (kind PARSE), and for what is known but refused. Messages that
are known but have no node yet become `UnsupportedRelation` or `UnsupportedCommand`.
"""

from __future__ import annotations

from unbounded.connect.decode.commands import EDGE_COMMANDS, decode_command
from unbounded.connect.decode.context import DecodeContext
from unbounded.connect.decode.expressions import decode_expression
from unbounded.connect.decode.relations import decode_relation as decode_plan_root
from unbounded.connect.decode.types import decode_data_type, decode_schema

__all__ = [
    "EDGE_COMMANDS",
    "DecodeContext",
    "decode_command",
    "decode_data_type",
    "decode_expression",
    "decode_plan_root",
    "decode_schema",
]

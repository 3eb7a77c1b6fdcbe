"""The unresolved plan: what a program asked for, before names and types are known.

Both front doors (`connect.decode` and `sql`) produce exactly these nodes and nothing else. Rules of the house:
strings are parsed before a node exists (a type is a `DataType`, an identifier is a tuple of parts); nothing here
knows protobuf or SQL text; every node is frozen and compares by value, so equal programs are equal plans.
"""

from __future__ import annotations

from unbounded.plan.unresolved.commands import *
from unbounded.plan.unresolved.expressions import *
from unbounded.plan.unresolved.parents import *
from unbounded.plan.unresolved.relations import *
from unbounded.plan.unresolved.row_changes import *
from unbounded.plan.unresolved.upkeep import *

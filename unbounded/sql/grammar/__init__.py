"""Spark's SQL grammar by recursive descent over sqlglot's tokens, giving sqlglot's tree nodes.

sqlglot's own parser is not used: it turns calls into canonical nodes of its own (names and argument order are lost),
has other precedences, and accepts much that Spark refuses. Layers, each inheriting from the one before:
cursor < tokens < literals < calls < primaries < operators < relations < clauses < queries < statements.
No layer knows the plan.
"""

"""Spark's SQL grammar as a sqlglot parser: sqlglot gives tokens, tree and query skeleton, we give Spark's rules.

sqlglot turns many calls into its own canonical nodes and accepts much that Spark refuses, so every layer replaces the
part of the parser it names: tokens < literals < calls < primaries < operators < relations < clauses < queries <
statements. No layer knows the plan.
"""

"""Commands with an effect outside the query: writes, tables, databases, settings; and their result tables."""

"""Delta tables as a session uses them: reads, writes, tables of the warehouse, changes of rows, upkeep."""

"""XML documents as nodes, and XPath 1.0 over them. Knows nothing of columns or of the engine."""

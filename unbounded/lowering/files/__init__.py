"""Engine SQL for files: reading lines and columns, inferring types, and the text of rows to write."""

"""CSV and JSON as text: reading values out of documents, writing values into them, and the functions that do so.

Used by file readers and writers too, so that a column and a file are read by the same rules.
"""

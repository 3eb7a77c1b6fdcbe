"""SQLite files through ADBC."""

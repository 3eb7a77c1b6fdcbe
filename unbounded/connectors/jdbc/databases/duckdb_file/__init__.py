"""DuckDB files through DuckDB itself."""

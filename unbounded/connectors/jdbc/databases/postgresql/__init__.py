"""PostgreSQL through ADBC."""

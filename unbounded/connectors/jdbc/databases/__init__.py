"""One module or two per kind of database: its SQL, its types, its client library."""

"""Tables of databases by `jdbc:` URLs, read and written as Arrow through native drivers (no JVM)."""

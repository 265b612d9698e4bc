"""DuckDB: the store and the values of indicators."""

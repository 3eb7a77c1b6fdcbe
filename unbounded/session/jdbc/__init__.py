"""Databases: reads and writes of tables with the format jdbc."""

"""Every row as it came: one table a source, made from the source's own columns."""

"""The HTML report over the result tables."""

"""Readers of a shop's data."""

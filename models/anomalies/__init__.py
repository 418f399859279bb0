"""Unusual days and unusual orders, each with what was expected and why it stands out."""

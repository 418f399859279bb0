"""Mutated input files: what is taken of them, what is refused, and an independent count of both."""

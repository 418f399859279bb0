"""Contracts of the protected tables: personal values, encrypted by a key that is not in the warehouse."""

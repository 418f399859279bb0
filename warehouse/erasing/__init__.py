"""Erase a person from the warehouse: from its tables, from every snapshot, from its catalog and from its files."""

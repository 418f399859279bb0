"""What models read: every value as of a date."""

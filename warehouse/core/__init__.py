"""The shop's truth: typed, deduplicated, upserted by key."""

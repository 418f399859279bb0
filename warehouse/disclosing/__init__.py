"""Tell a person what the warehouse holds of them: in its tables, in earlier snapshots, and behind pseudonyms."""

"""What happened: loads, quarantine, checks, runs, freshness and lineage."""

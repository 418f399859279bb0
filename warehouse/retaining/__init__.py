"""What goes after its time, as `[privacy.retention]` says: history, raw rows, quarantine, idle customers, values."""

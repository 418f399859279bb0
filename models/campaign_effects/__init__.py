"""What campaigns brought: arms against a held-out control, with intervals, checks and verdicts."""

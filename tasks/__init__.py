"""Thin Prefect tasks: names, retries, timeouts, artifacts."""

"""Great Expectations inside DuckDB: suites made from contracts, and the gate."""

from expectations.later import UNUSED, load_later

load_later(*UNUSED)

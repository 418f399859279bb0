"""Great Expectations inside DuckDB: suites made from contracts, and the gate."""

"""The warehouse: contracts, the SQL that builds tables, the connection and the settings."""

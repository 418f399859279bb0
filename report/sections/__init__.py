"""The report's chapters: for each a function that writes it, and the SQL of each chart and table beside it."""

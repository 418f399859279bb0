"""Which customers are alike? Segments by recency, frequency and monetary value."""

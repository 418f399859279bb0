"""Where the market moves: growth, seasonality and share by category, country and kind of customer."""

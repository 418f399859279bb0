"""Demand forecasts of the shop, its categories and its products, with calibrated intervals."""

"""What each customer may want next, and which products are alike, with the reason."""

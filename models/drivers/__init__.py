"""What moves sales: correlations, regressions and price elasticity, each with its uncertainty."""

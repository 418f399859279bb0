"""The demo shop: raw files as a shop exports them, and the truth that was planted in them.

`generate(folder)` writes two years of a seeded shop of any size, from a few hundred order lines to 100 million.
"""

from sources.demo_shop.generation import generate
from sources.demo_shop.shop import DemoShop, open_shop

__all__ = ["DemoShop", "generate", "open_shop"]

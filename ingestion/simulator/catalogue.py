"""What the shop sells: products with a category, a price, and a popularity."""

from dataclasses import dataclass

import numpy as np

_CATEGORIES = {
    "books": 14.0,
    "beauty": 22.0,
    "toys": 25.0,
    "garden": 38.0,
    "clothing": 42.0,
    "sports": 55.0,
    "shoes": 75.0,
    "kitchen": 80.0,
    "furniture": 210.0,
    "electronics": 260.0,
}
"""Category to its middle price."""

SIZE = 600


@dataclass(frozen=True, slots=True)
class Product:
    """One product. ``described`` is what an event says about it, as JSON without braces."""

    product_id: str
    category: str
    cents: int
    described: str


class Catalogue:
    """``SIZE`` products; the n-th most wanted has a share of looks proportional to (n + 10)^-0.9."""

    def __init__(self, random: np.random.Generator) -> None:
        names = list(_CATEGORIES)
        spread = random.normal(0, 0.5, SIZE)
        self.products = [_product(n, names[n % len(names)], float(spread[n])) for n in range(SIZE)]
        rank = random.permutation(SIZE)
        self.popularity: list[float] = ((rank + 10.0) ** -0.9).tolist()


def _product(number: int, category: str, spread: float) -> Product:
    # Prices end in 9 or 5, as in shops, and have cents that do not survive careless arithmetic.
    cents = max(1, round(_CATEGORIES[category] * np.exp(spread))) * 100 - (1, 5, 50, 10, 1)[number % 5]
    product_id = f"prod_{number:04d}"
    described = f'"product_id":"{product_id}","category":"{category}","price":{cents / 100!r}'
    return Product(product_id, category, cents, described)

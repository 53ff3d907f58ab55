"""``order_items`` against Python's json module, on random orders."""

import json
import math
import random
from pathlib import Path
from typing import Any

from flink_jobs.environment import table_environment
from flink_jobs.settings import JobSettings

ORDERS = 3000
IDS = [
    "a",
    "b",
    "Zoë 🛒 用户",
    'q"uote\\',
    "x" * 200,
    "x" * 201,
    "",
    " ",
    0,
    7,
    10**18 - 1,
    10**18,
    -1,
    1.5,
    True,
    None,
    [],
]
NUMBERS = [1, 2, 3, 0.5, 19.99, 0, -0.0, -1, 1e-9, 1e300, 1e400, 12345678901234567890, "2", None, True, [], {}]


def cell(rng: random.Random, usual: list[Any], choices: list[Any]) -> Any:
    return rng.choice(usual) if rng.random() < 0.7 else rng.choice(choices)


def item(rng: random.Random) -> Any:
    if rng.random() < 0.05:
        return rng.choice([None, 1, "item", [], [{"product_id": "a"}], {}])
    found: dict[str, Any] = {"name": "x", "tags": [{"product_id": "no"}]} if rng.random() < 0.2 else {}
    if rng.random() < 0.95:
        found["product_id"] = cell(rng, ["a", "b", "c", 7], IDS)
    if rng.random() < 0.8:
        found["quantity"] = cell(rng, [1, 2, 3, 0.5], NUMBERS)
    if rng.random() < 0.8:
        found["price"] = cell(rng, [19.99, 5, 0.1], NUMBERS)
    keys = list(found)
    rng.shuffle(keys)
    return {key: found[key] for key in keys}


def order(rng: random.Random) -> Any:
    if rng.random() < 0.02:
        return rng.choice([None, [], "order", 5, [{"product_id": "a"}]])
    found = item(rng) if rng.random() < 0.4 else {}
    found = found if isinstance(found, dict) else {}
    if rng.random() < 0.8:
        found["items"] = [item(rng) for _ in range(rng.choice([0, 1, 2, 3, 8]))]
    elif rng.random() < 0.3:
        found["items"] = rng.choice([None, "items", {"product_id": "a"}, 3])
    if rng.random() < 0.7:
        found["total"] = cell(rng, [99.5, 20], NUMBERS)
    return found


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def amount(found: Any, unpriced: float) -> tuple[str, float, float] | None:
    """Product, quantity and revenue of one item; None for a bad one."""
    if not isinstance(found, dict):
        return None
    product, quantity, price = found.get("product_id"), found.get("quantity"), found.get("price")
    if isinstance(product, int) and not isinstance(product, bool) and 0 <= product < 10**18:
        product = str(product)
    if not isinstance(product, str) or not 1 <= len(product) <= 200:
        return None
    quantity = 1 if quantity is None else quantity
    if not is_number(quantity) or quantity <= 0 or (price is not None and not (is_number(price) and price >= 0)):
        return None
    return product, float(quantity), unpriced if price is None else float(quantity) * float(price)


def expected(properties: Any) -> dict[str, tuple[float, float]]:
    if not isinstance(properties, dict):
        return {}
    items = properties.get("items")
    found = [amount(each, 0.0) for each in items] if isinstance(items, list) else []
    amounts = [each for each in found if each]
    if not amounts:
        total = properties.get("total")
        own = amount(properties, float(total) if is_number(total) and total > 0 else 0.0)
        amounts = [own] if own else []
    products: dict[str, tuple[float, float]] = {}
    for product, quantity, revenue in amounts:
        before = products.get(product, (0.0, 0.0))
        products[product] = before[0] + quantity, before[1] + revenue
    return products


def test_random_orders_give_what_json_reads_in_them(tmp_path: Path) -> None:
    rng = random.Random(20261101)
    texts = []
    for _ in range(ORDERS):
        text = json.dumps(order(rng), ensure_ascii=rng.random() < 0.5, indent=rng.choice([None, None, 1]))
        # Python's own name for a number beyond all doubles is no JSON.
        texts.append(text.replace("Infinity", "1e400"))
    texts += ["", "{", '{"items": [{"product_id": "a"}', '{"items": [{"product_id": "b", "product_id": "a"}]}']
    folder = tmp_path / "in"
    folder.mkdir()
    lines = (json.dumps({"number": number, "properties": text}) for number, text in enumerate([*texts, None]))
    (folder / "orders").write_text("\n".join(lines))
    t_env = table_environment(JobSettings(), "test", bounded=True)
    files = "'connector' = 'filesystem', 'format' = 'json'"
    t_env.execute_sql(
        f"CREATE TEMPORARY TABLE orders (number INT, properties STRING) WITH ({files}, 'path' = '{folder}')"
    )
    t_env.execute_sql(
        "CREATE TEMPORARY TABLE found (number INT, product STRING, quantity DOUBLE, revenue DOUBLE)"
        f" WITH ({files}, 'path' = '{tmp_path}/out')"
    )
    t_env.execute_sql(
        "INSERT INTO found SELECT number, item_id, quantity, revenue FROM orders,"
        " LATERAL TABLE(order_items(properties)) AS item(item_id, quantity, revenue)"
    ).wait()
    rows = [json.loads(line) for part in (tmp_path / "out").iterdir() for line in part.read_text().splitlines()]
    found: dict[int, dict[str, tuple[float, float]]] = {}
    for row in rows:
        products = found.setdefault(row["number"], {})
        assert row["product"] not in products
        products[row["product"]] = float(row["quantity"]), float(row["revenue"])
    wanted = {}
    for number, text in enumerate(texts):
        try:
            wanted[number] = expected(json.loads(text))
        except json.JSONDecodeError:
            wanted[number] = {}
    assert sum(map(bool, wanted.values())) > ORDERS / 2
    for number, products in wanted.items():
        assert found.get(number, {}) == products, texts[number]
    assert len(texts) not in found

import random
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.simulator import funnel
from ingestion.simulator.funnel import ADD, CHECKOUT, EXIT, FULL_CART, GRADES, PAGE_VIEW, PRODUCT_VIEW, PURCHASE, REMOVE

chain, row = funnel.chain, cache(funnel.row)


def walk(draw: random.Random, grade: int, step: int, cart: int) -> list[tuple[int, int]]:
    """What follows a state, walked by hand."""
    found = []
    while True:
        following = row(step, cart, grade)
        step = draw.choices(list(following), list(following.values()))[0]
        if step == EXIT:
            return found
        cart = {ADD: cart + 1, REMOVE: cart - 1, PURCHASE: 0}.get(step, cart)
        found.append((step, cart))


@given(st.integers(0, EXIT - 1), st.integers(0, FULL_CART), st.integers(0, GRADES - 1))
def test_rows_are_probabilities_of_what_is_possible(step: int, cart: int, grade: int) -> None:
    following = row(step, cart, grade)
    assert sum(following.values()) == pytest.approx(1)
    assert all(0 < share <= 1 for share in following.values())
    if step != CHECKOUT:
        assert PURCHASE not in following
    if step != PRODUCT_VIEW or cart == FULL_CART:
        assert ADD not in following
    if cart == 0 and step != CHECKOUT:  # a checkout has a cart
        assert not {CHECKOUT, REMOVE} & set(following)
    assert all(0 <= funnel.cart_after(to, max(cart, 1)) <= FULL_CART for to in following if to not in (EXIT, ADD))


@pytest.mark.parametrize("grade", [0, 4, 9])
def test_the_solution_is_what_walks_show(grade: int) -> None:
    draw = random.Random(grade)
    solved = chain(grade)
    walks = [[(PAGE_VIEW, 0), *walk(draw, grade, PAGE_VIEW, 0)] for _ in range(5_000)]
    bought = sum(any(step == PURCHASE for step, _ in path) for path in walks) / len(walks)
    assert solved.purchase == pytest.approx(bought, abs=4 * (bought / len(walks)) ** 0.5)
    assert solved.events == pytest.approx(sum(map(len, walks)) / len(walks), rel=0.05)
    by_step = [sum(step == wanted for path in walks for step, _ in path) / len(walks) for wanted in range(EXIT)]
    assert solved.events_by_step() == pytest.approx(by_step, rel=0.2, abs=0.015)
    seconds = sum(funnel.GAP_SECONDS[step] for path in walks for step, _ in path[:-1]) / len(walks)
    assert sum(solved.under_way().values()) == pytest.approx(seconds, rel=0.07)


@pytest.mark.parametrize(("step", "cart"), [(PAGE_VIEW, 0), (ADD, 1), (PRODUCT_VIEW, 3), (CHECKOUT, 2), (PURCHASE, 0)])
def test_the_chance_to_buy_from_a_state(step: int, cart: int) -> None:
    draw = random.Random(step)
    grade = 6
    paths = [path for path in (walk(draw, grade, step, cart) for _ in range(8_000)) if path]
    bought = sum(any(to == PURCHASE for to, _ in path) for path in paths) / len(paths)
    assert chain(grade).purchase_after(step, cart) == pytest.approx(
        bought, abs=4 * (bought / len(paths)) ** 0.5 + 0.001
    )
    assert chain(grade).exit(step, cart) == pytest.approx(1 - len(paths) / 8_000, abs=0.025)


def test_a_greater_propensity_buys_more() -> None:
    chances = [chain(grade).purchase for grade in range(GRADES)]
    assert chances == sorted(chances)
    # As in docs/simulator.md.
    assert [chances[0], chances[-1]] == pytest.approx([0.003, 0.36], rel=0.1)
    assert [chain(0).events, chain(GRADES - 1).events] == pytest.approx([5, 14], abs=0.5)

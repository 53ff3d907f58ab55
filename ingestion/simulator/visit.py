"""A visit: a state machine that walks the funnel and writes an event at each step."""

from bisect import bisect
from collections import deque
from collections.abc import Callable
from functools import cache
from itertools import accumulate

import numpy as np

from ingestion.simulator.catalogue import Catalogue, Product
from ingestion.simulator.clean_event import CUSTOM_TYPES, ENDING, LIBRARY, TOPIC_OF, VERSION, CleanEvent, IsoClock
from ingestion.simulator.draws import choices, exponentials, uniforms
from ingestion.simulator.funnel import (
    ADD,
    CHECKOUT,
    CLICK,
    CUSTOM,
    ERROR,
    EXIT,
    GAP_SECONDS,
    GRADES,
    PAGE_VIEW,
    PRODUCT_VIEW,
    REMOVE,
    SEARCH,
    TYPES,
    row,
)
from ingestion.simulator.population import Visitor

_PAGES = tuple(
    f'"page":"{page}"'
    for page in (
        "/",
        *(f"/{kind}/{part}" for kind in ("new", "sale", "brands", "guides", "reviews") for part in "abcde"),
    )
)
_REFERRERS = ("direct", "google", "newsletter", "instagram", "bing", "partner")
_DEVICES = ("mobile", "desktop", "tablet")
_TARGETS = tuple(f'"target":"{target}"' for target in ("menu", "banner", "filter", "sort", "photo", "size"))
_PAYMENT_METHODS = ("card", "paypal", "apple_pay", "invoice")
_GAPS_US = tuple(seconds * 1e6 for seconds in GAP_SECONDS)
_LOGIN_GAP_US = 10e6

# Steps that may come before the chain begins; each is followed by the next without fail.
LOGIN, SIGNUP, IDENTIFY, ANONYMOUS_PAGE_VIEW = range(EXIT + 1, EXIT + 5)


@cache
def _next_step(step: int, cart: int, grade: int) -> tuple[tuple[float, ...], tuple[int, ...]]:
    """Thresholds and the steps between them; the last threshold is left out, so that rounding cannot pass it."""
    following = row(step, cart, grade)
    return tuple(accumulate(following.values()))[:-1], tuple(following)


class Shop:
    """What all visits share: the catalogue, the clock, and one source of chance for each question."""

    def __init__(self, random: np.random.Generator, catalogue: Catalogue, run: str) -> None:
        self.run = run
        self.catalogue = catalogue
        self.iso = IsoClock()
        self.uniform = uniforms(random)
        self.wait = exponentials(random)
        popular = choices(random, catalogue.popularity)
        products = catalogue.products
        self.product: Callable[[], Product] = lambda: products[popular()]
        # Who is keen to buy looks around; others see little more than the front page.
        others = len(_PAGES) - 1
        wander = [0.02 + 0.93 * (grade + 0.5) / GRADES for grade in range(GRADES)]
        self.page = [choices(random, (1 - share, *[share / others] * others)) for share in wander]
        self.referrer = choices(random, (35, 30, 12, 10, 8, 5))
        self.device = choices(random, (60, 32, 8))
        self.quantity = choices(random, (80, 15, 5))
        self.any_of_four = choices(random, (1, 1, 1, 1))
        self.any_of_six = choices(random, (1,) * 6)


class Visit:
    """One visit of one visitor. ``advance`` writes its next event and says when the one after it comes."""

    __slots__ = (
        "_before",
        "_cart",
        "_events",
        "_grade",
        "_key",
        "_landed",
        "_product",
        "_session",
        "_shop",
        "_step",
        "_tail",
        "_visitor",
        "_who",
    )

    def __init__(self, shop: Shop, visitor: Visitor, number: int, grade: int, before: tuple[int, ...] = ()) -> None:
        self._shop = shop
        self._visitor = visitor
        self._session = f"{shop.run}-{number:x}"
        self._grade = grade
        self._before = deque(before)
        self._step = self._before.popleft() if before else PAGE_VIEW
        self._landed = False
        self._cart: list[tuple[Product, int]] = []
        self._product: Product | None = None
        self._events = 0
        self._tail = (
            f'}},"context":{{"library":"{LIBRARY}","version":"{VERSION}","anonymous_id":"{visitor.anonymous_id}",'
            f'"device":"{_DEVICES[shop.device()]}","country":"{visitor.country}"}},"_metadata":{{"produced_at":"'
        )
        self._identified(None if self._step == ANONYMOUS_PAGE_VIEW else visitor.user_id)

    def resume(self, step: int, cart: int) -> None:
        """Put a new visit where it stands when the stream begins: after a step, with this many lines in the cart."""
        shop = self._shop
        self._cart = [(shop.product(), 1 + shop.quantity()) for _ in range(cart)]
        self._product = shop.product()
        self._landed = True
        self._step = EXIT
        while self._step == EXIT:  # those who left are not there to be met
            self._step = self._draw(step)

    def advance(self, at_us: int) -> tuple[CleanEvent, int]:
        """Return the event that happens now, and when the next one does (0: the visit is over)."""
        step = self._step
        shop = self._shop
        if step < EXIT:
            event_type = TYPES[step]
            if step == PAGE_VIEW:
                properties = _PAGES[shop.page[self._grade]()]
                if not self._landed:
                    self._landed = True
                    properties += f',"referrer":"{_REFERRERS[shop.referrer()]}"'
            elif step == PRODUCT_VIEW:
                self._product = product = shop.product()
                properties = product.described
            elif step == CUSTOM:
                event_type, properties = CUSTOM_TYPES[shop.any_of_four()], '"source":"page"'
            else:
                properties = self._properties(step)
            self._step = following = self._draw(step)
            next_us = 0 if following == EXIT else at_us + 1 + int(shop.wait() * _GAPS_US[step])
        else:
            event_type, properties = self._introduce(step)
            self._step = self._before.popleft() if self._before else PAGE_VIEW
            next_us = at_us + 1 + int(shop.wait() * _LOGIN_GAP_US)
        self._events += 1
        event_id = f"{self._session}-{self._events}"
        timestamp = shop.iso(at_us)
        text = (
            f'{{"event_id":"{event_id}","event_type":"{event_type}","timestamp":"{timestamp}",{self._who}'
            f"{properties}{self._tail}{timestamp}{ENDING}"
        )
        event = CleanEvent(at_us, TOPIC_OF[event_type], self._key, event_id, timestamp, text)
        if step == ANONYMOUS_PAGE_VIEW:
            self._identified(self._visitor.user_id)
        return event, next_us

    def _draw(self, step: int) -> int:
        thresholds, steps = _next_step(step, len(self._cart), self._grade)
        return steps[bisect(thresholds, self._shop.uniform())]

    def _identified(self, user_id: str | None) -> None:
        who = "null" if user_id is None else f'"{user_id}"'
        self._who = f'"user_id":{who},"session_id":"{self._session}","properties":{{'
        self._key = user_id or self._session

    def _introduce(self, step: int) -> tuple[str, str]:
        shop = self._shop
        if step == ANONYMOUS_PAGE_VIEW:
            self._landed = True
            return "page_view", f'{_PAGES[shop.page[self._grade]()]},"referrer":"{_REFERRERS[shop.referrer()]}"'
        if step == SIGNUP:
            return "user_signup", '"method":"email"'
        if step == IDENTIFY:
            return "identify", f'"traits":{{"country":"{self._visitor.country}"}}'
        return "user_login", '"method":"password"'

    def _properties(self, step: int) -> str:
        """Say what a rarer step says, and change the cart as it does."""
        shop, currency = self._shop, self._visitor.currency
        if step == CLICK:
            return _TARGETS[shop.any_of_six()]
        if step == SEARCH:
            product = shop.product()
            return f'"query":"{product.category}","results":{int(product.product_id[-2:])}'
        if step == ADD:
            product, quantity = self._product or shop.product(), 1 + shop.quantity()
            self._cart.append((product, quantity))
            return f'{product.described},"quantity":{quantity},"currency":"{currency}"'
        if step == REMOVE:
            product, quantity = self._cart.pop()
            return f'{product.described},"quantity":{quantity},"currency":"{currency}"'
        if step == ERROR:
            return '"message":"timeout","status":504'
        total = sum(product.cents * quantity for product, quantity in self._cart) / 100
        if step == CHECKOUT:
            return f'"total":{total!r},"currency":"{currency}","lines":{len(self._cart)}'
        return self._purchase(total, currency)

    def _purchase(self, total: float, currency: str) -> str:
        items = ",".join(
            f'{{"product_id":"{product.product_id}","category":"{product.category}","quantity":{quantity},'
            f'"price":{product.cents / 100!r}}}'
            for product, quantity in self._cart
        )
        category = self._cart[0][0].category
        self._cart = []
        method = _PAYMENT_METHODS[self._shop.any_of_four()]
        return (
            f'"order_id":"o-{self._session}-{self._events + 1}","total":{total!r},"currency":"{currency}",'
            f'"payment_method":"{method}","category":"{category}","items":[{items}]'
        )

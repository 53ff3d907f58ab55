import threading

import pytest

from ingestion.delivery import Delivery, DeliveryReport
from ingestion.errors import ShopstreamError

STORED = DeliveryReport("e1", "web_events", 2, 41)


def test_a_report_that_is_there_is_given_at_once() -> None:
    delivery = Delivery()
    assert not delivery.done
    delivery.settle(STORED)
    assert delivery.done
    assert delivery.wait(0) == STORED


def test_several_threads_may_wait() -> None:
    delivery = Delivery()
    got: list[DeliveryReport] = []
    threads = [threading.Thread(target=lambda: got.append(delivery.wait(30))) for _ in range(4)]
    for thread in threads:
        thread.start()
    delivery.settle(STORED)
    for thread in threads:
        thread.join(30)
    assert got == [STORED] * 4


def test_waiting_ends_after_the_timeout() -> None:
    with pytest.raises(ShopstreamError, match="not acknowledged the event within 0.01 seconds"):
        Delivery().wait(0.01)


def test_a_failure_is_raised_with_its_reason() -> None:
    delivery = Delivery()
    delivery.settle(DeliveryReport("e1", "web_events", -1, -1, "too large"))
    with pytest.raises(ShopstreamError, match="e1 was not stored in web_events: too large"):
        delivery.wait()

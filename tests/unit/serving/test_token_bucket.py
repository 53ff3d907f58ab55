import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.token_bucket import TokenBucket


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_then_the_rate():
    clock = Clock()
    bucket = TokenBucket(10, 50, clock)
    assert bucket.take(50) == 0
    assert bucket.take(5) == pytest.approx(0.5)
    clock.now += 0.5
    assert bucket.take(5) == 0
    assert bucket.take(1) == pytest.approx(0.1)
    clock.now += 1000
    assert [bucket.take(25) for _ in range(3)] == [0, 0, pytest.approx(2.5)]


def test_more_than_the_burst_is_given_once_and_owed():
    clock = Clock()
    bucket = TokenBucket(10, 50, clock)
    assert bucket.take(80) == 0
    assert bucket.take(1) == pytest.approx(3.1)
    assert bucket.take(80) == pytest.approx(8.0)
    clock.now += 8
    assert bucket.take(80) == 0


@given(st.lists(st.tuples(st.floats(0, 3), st.integers(0, 120)), max_size=40))
def test_over_any_time_no_more_than_burst_and_rate_allow(calls: list[tuple[float, int]]):
    clock = Clock()
    bucket = TokenBucket(10, 50, clock)
    begin, taken, largest = clock.now, 0, 0
    for pause, count in calls:
        clock.now += pause
        wait = bucket.take(count)
        if wait:
            clock.now += wait + 1e-6
            assert bucket.take(count) == 0
        taken += count
        largest = max(largest, count)
        assert taken <= max(50, largest) + 10 * (clock.now - begin) + 1e-3

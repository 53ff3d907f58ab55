"""What is unusual in a series of final windows, by the definition in docs/alerts.md, in NumPy."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DAY = 144
LEAD = 7
Floats = NDArray[np.float64]


@dataclass
class Found:
    """One alert: windows from ``first`` to ``last``; ``direction`` is 1 for a spike and -1 for a drop."""

    direction: int
    first: int
    last: int
    peak: int
    is_over: bool = False
    calm: int = 0


@dataclass
class Judged:
    """A series as judged; NaN where no window was expected."""

    scores: Floats
    low: Floats
    high: Floats
    alerts: list[Found]


def judge(counts: NDArray[np.int64], limit: float = 5.0, min_history: int = 24) -> Judged:
    """Judge the windows of one event type, the first of which is the first ever seen."""
    size = len(counts)
    z = 2 * np.sqrt(counts + 0.375)
    usual, residual, scores, low, high = (np.full(size, np.nan) for _ in range(5))
    in_alert = np.zeros(size, bool)
    series_noise = 0.0
    alerts: list[Found] = []
    same_time = np.array([day * DAY + around for day in range(1, 15) for around in (-2, -1, 0, 1, 2)])
    for t in range(size):
        score = 0.0
        references = t - same_time[same_time <= t]
        if len(references) >= 10:
            usual[t] = _count(float(np.median(z[references])))
            quiet = _known(residual, _before(t, 288))
            quiet = quiet[~in_alert[quiet]]
            if len(quiet) >= 72:
                series_noise = _deviation(residual[quiet])
            local = _known(residual, references)
            noise = max(1.0, 0.03 * usual[t] ** 0.5, series_noise)
            noise = max(noise, _deviation(residual[local]) if len(local) >= 24 else 0.0)
            hours = _known(usual, _before(t, 24))
            hours = hours[~in_alert[hours]]
            level = 1.0
            if len(hours) >= 12:
                level = float(np.clip(np.median((counts[hours] + 1) / (usual[hours] + 1)), 1 / 1.5, 1.5))
            residual[t] = z[t] - _z(usual[t] * level)
            bottom, top = _z(usual[t] * min(1.0, level)), _z(usual[t] * max(1.0, level))
            if len(references) >= min_history:
                score = max(0.0, z[t] - top) / noise - max(0.0, bottom - z[t]) / noise
                scores[t] = score
                low[t], high[t] = _count(bottom - limit * noise), _count(top + limit * noise)
        for direction in (1, -1):
            _follow(alerts, direction, t, direction * score, limit, direction * scores)
        in_alert[t] = any(not alert.is_over for alert in alerts)
    return Judged(scores, low, high, alerts)


def _follow(alerts: list[Found], direction: int, t: int, score: float, limit: float, scores: Floats) -> None:
    going_on = [alert for alert in alerts if alert.direction == direction and not alert.is_over]
    if not going_on:
        if score >= limit:
            alerts.append(Found(direction, t, t, t))
        return
    (alert,) = going_on
    if score >= limit / 2:
        alert.last, alert.calm = t, 0
        alert.peak = t if score > scores[alert.peak] else alert.peak
    else:
        alert.calm += 1
        alert.is_over = alert.calm == 2


def _before(t: int, slots: int) -> NDArray[np.int64]:
    return np.arange(max(0, t - LEAD - slots + 1), max(0, t - LEAD + 1))


def _known(values: Floats, windows: NDArray[np.int64]) -> NDArray[np.int64]:
    return windows[~np.isnan(values[windows])]


def _deviation(residuals: Floats) -> float:
    return 1.4826 * float(np.median(np.abs(residuals)))


def _z(count: float) -> float:
    return float(2 * np.sqrt(count + 0.375))


def _count(z: float) -> float:
    return max(0.0, (max(0.0, z) / 2) ** 2 - 0.375)

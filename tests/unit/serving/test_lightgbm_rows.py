"""LightGBM's call for single rows gives the bits that its Python package gives."""

import subprocess
import sys

import numpy as np
import pytest
from lightgbm import LGBMClassifier

from serving.lightgbm_rows import LightgbmRows

RNG = np.random.default_rng(5)
ROWS = RNG.normal(size=(2000, 6))
LABELS = (ROWS[:, 0] + ROWS[:, 1] * ROWS[:, 2] + RNG.normal(size=2000) > 0).astype(int)


def fitted(**options: object) -> LGBMClassifier:
    return LGBMClassifier(n_estimators=60, n_jobs=1, verbose=-1, **options)


def test_every_row_has_the_same_bits() -> None:
    booster = fitted().fit(ROWS, LABELS).booster_
    rows = np.vstack([ROWS[:500], np.full((1, 6), np.nan), np.full((1, 6), 1e30), np.zeros((1, 6))])
    wanted = booster.predict(rows)
    found = LightgbmRows(booster)
    assert (found(rows) == wanted).all()
    assert (np.concatenate([found(row[None]) for row in rows]) == wanted).all()
    # Rows that do not lie beside each other in memory, and other numbers.
    assert (found(np.asfortranarray(rows)) == wanted).all()
    assert (found(rows[::-1]) == wanted[::-1]).all()
    assert (found(rows.astype(np.float32)) == booster.predict(rows.astype(np.float32).astype(np.float64))).all()
    assert found(rows[:0]).shape == (0,)


def test_trees_after_the_best_do_not_count() -> None:
    booster = fitted().fit(ROWS, LABELS).booster_
    every = booster.predict(ROWS)
    booster.best_iteration = 10
    assert (LightgbmRows(booster)(ROWS) == booster.predict(ROWS)).all()
    assert not (booster.predict(ROWS) == every).all()


def test_rows_of_another_width_are_refused() -> None:
    found = LightgbmRows(fitted().fit(ROWS, LABELS).booster_)
    for shape in ((3, 5), (3, 7), (6,)):
        with pytest.raises(ValueError, match="takes 6 columns"):
            found(np.zeros(shape))


def test_a_model_that_is_let_go_is_freed() -> None:
    """In a process of its own, which would not outlive a pointer that is freed twice."""
    program = """
import resource
import numpy as np
from lightgbm import LGBMClassifier
from serving.lightgbm_rows import LightgbmRows
rng = np.random.default_rng(0)
rows = rng.normal(size=(3000, 6))
booster = LGBMClassifier(n_estimators=300, num_leaves=31, verbose=-1).fit(rows, rows[:, 0] > 0).booster_
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for _ in range(20):
    LightgbmRows(booster)(rows[:1])
before = peak()
for _ in range(200):
    LightgbmRows(booster)(rows[:1])
print((peak() - before) // 1024)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 30, "MiB for 200 models of more than 1 MiB each"

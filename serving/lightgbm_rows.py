"""LightGBM's own call for one row, which its Python package does not show.

The C interface has a call that is set up once (``LGBM_BoosterPredictForMatSingleRowFast``,
https://lightgbm.readthedocs.io/en/stable/C-API.html); ``Booster.predict`` sets everything up at every call, which costs
a row ten times what its trees do (docs/adr/0013-fast-form.md).
"""

import ctypes
import weakref
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]

_NORMAL = 0  # C_API_PREDICT_NORMAL: probabilities
_FLOAT64 = 1  # C_API_DTYPE_FLOAT64
_ALL_TREES = -1


class LightgbmRows:
    """A booster of two classes with one output; from rows, shape (n, columns), to probabilities, shape (n,).

    It holds a copy of the booster. Raises RuntimeError with what the library says.
    """

    def __init__(self, booster: Any) -> None:
        """``booster``: a ``lightgbm.Booster``; trees after its best iteration do not count, as in its ``predict``."""
        self._library = _library()
        self._columns = booster.num_feature()
        handle, count, self._fast = ctypes.c_void_p(), ctypes.c_int(), ctypes.c_void_p()
        trees = booster.model_to_string(num_iteration=booster.best_iteration).encode()
        self._check(self._library.LGBM_BoosterLoadModelFromString(trees, ctypes.byref(count), ctypes.byref(handle)))
        self._check(
            self._library.LGBM_BoosterPredictForMatSingleRowFastInit(
                handle, _NORMAL, 0, _ALL_TREES, _FLOAT64, self._columns, b"num_threads=1", ctypes.byref(self._fast)
            )
        )
        weakref.finalize(self, _free, self._library, self._fast, handle)
        self._predict = self._library.LGBM_BoosterPredictForMatSingleRowFast

    def __call__(self, matrix: Matrix) -> Matrix:
        """Return the probability of each row. ValueError for rows of another width: the library would read beyond."""
        if matrix.ndim != 2 or matrix.shape[1] != self._columns:
            raise ValueError(f"the model takes {self._columns} columns; these rows have the shape {matrix.shape}")
        rows = np.ascontiguousarray(matrix, dtype=np.float64)
        found = np.empty(len(rows))
        count = ctypes.c_int64()
        first, answer = rows.ctypes.data, found.ctypes.data
        for row in range(len(rows)):
            self._check(
                self._predict(
                    self._fast,
                    ctypes.c_void_p(first + row * rows.strides[0]),
                    ctypes.byref(count),
                    ctypes.c_void_p(answer + row * found.strides[0]),
                )
            )
        return found

    def _check(self, status: int) -> None:
        if status:
            raise RuntimeError(f"LightGBM: {self._library.LGBM_GetLastError().decode()}")


def _free(library: ctypes.PyDLL, fast: ctypes.c_void_p, booster: ctypes.c_void_p) -> None:
    library.LGBM_FastConfigFree(fast)
    library.LGBM_BoosterFree(booster)


def _library() -> ctypes.PyDLL:
    """The library that the Python package has loaded, or loads. FileNotFoundError when it lies elsewhere.

    Called with the interpreter held: a row takes microseconds, to hand the interpreter over and get it back takes more,
    and no two threads meet in a booster.
    """
    import lightgbm

    folder = Path(lightgbm.__file__).parent
    for path in (*sorted(folder.glob("lib/lib_lightgbm.*")), *sorted(folder.glob("bin/lib_lightgbm.*"))):
        library = ctypes.PyDLL(str(path))
        library.LGBM_GetLastError.restype = ctypes.c_char_p
        return library
    raise FileNotFoundError(f"lib_lightgbm is not in {folder}")

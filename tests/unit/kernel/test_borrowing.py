"""Kernels that borrow return numbers, and so does all that they call."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numba.core.dispatcher import Dispatcher
from numba.core.errors import NumbaError

import adunion
from adunion.kernel.borrowing import borrowing

ROOT = Path(adunion.__file__).parent
_NUMBER = r"(int|float|bool|np\.float32|np\.u?int64)"
_NUMBERS = re.compile(rf"None|{_NUMBER}|tuple\[{_NUMBER}(, {_NUMBER})*\]")


def borrowers() -> Iterator[Any]:
    for path in sorted(ROOT.rglob("*.py")):
        if "@borrowing(" in path.read_text() and path.name != "borrowing.py":
            name = ".".join(path.relative_to(ROOT.parent).with_suffix("").parts)
            module = import_module(name)
            for kernel in vars(module).values():
                if isinstance(kernel, Dispatcher) and kernel.targetoptions.get("_nrt") is False:
                    yield kernel.py_func


def test_an_array_never_comes_out_of_one() -> None:
    found = 0
    for function in borrowers():
        called = [function.__globals__.get(name) for name in function.__code__.co_names]
        its = [function, *(each.py_func for each in called if isinstance(each, Dispatcher))]
        for each in its:
            told = each.__annotations__["return"]
            assert _NUMBERS.fullmatch(told), f"{each.__name__} returns {told}"
        found += 1
    assert found > 30


def test_one_that_makes_an_array_does_not_compile() -> None:
    @borrowing(cache=False)
    def sums(column: np.ndarray[Any, Any]) -> float:
        return float(np.zeros(3)[0] + column[0])

    with pytest.raises(NumbaError):
        sums(np.ones(2))


def test_references_to_what_was_lent_are_as_before() -> None:
    @borrowing(cache=False)
    def double(column: np.ndarray[Any, Any], into: np.ndarray[Any, Any]) -> None:
        for k in range(len(column)):
            into[k] = 2 * column[k]

    column, into = np.arange(4.0), np.empty(4)
    before = sys.getrefcount(column), sys.getrefcount(into)
    for _ in range(100):
        double(column, into)
    assert (sys.getrefcount(column), sys.getrefcount(into)) == before
    assert into.tolist() == [0, 2, 4, 6]

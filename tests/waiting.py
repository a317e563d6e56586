"""Counting the calls that wait for a GPU: those that ask a raw array for its values."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import arrayad as xp

from . import strict

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest


class Waits:
    """array_api_strict's backend as one whose functions return early, with a count of the calls that would wait.

    Parameters
    ----------
    monkeypatch : pytest.MonkeyPatch
        Removes the counting again.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        for name in ("__bool__", "__float__", "__int__", "__index__", "__complex__", "__array__", "__buffer__", "__iter__"):
            if hasattr(strict.Array, name):
                monkeypatch.setattr(strict.Array, name, self._counting(getattr(strict.Array, name)))
        monkeypatch.setattr(strict, "to_numpy", self._counting(strict.to_numpy))
        monkeypatch.setattr(strict, "asynchronous", True)

    def _counting(self, function: Any) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            self.count += 1
            return function(*args, **kwargs)

        return call


@contextmanager
def waiting_refused(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A block in which nothing may wait for values: on array_api_strict by the count, on CuPy by CuPy's own check."""
    if xp.get_default_device().type == "cuda":
        import cupyx

        with cupyx.allow_synchronize(False):
            yield
        return
    with monkeypatch.context() as patch:
        waits = Waits(patch)
        yield
        assert waits.count == 0

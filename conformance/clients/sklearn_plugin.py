"""A pytest plugin that makes `arrayad` a namespace of scikit-learn's own tests, in memory: no file is edited.

Its tests take namespaces, devices and dtypes from three generators in ``sklearn.utils._array_api``, which are replaced here
before the tests import them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sklearn.utils import _array_api

if TYPE_CHECKING:
    from collections.abc import Iterator


def yield_namespaces(include_numpy_namespaces: bool = True) -> Iterator[str]:
    """Yield `arrayad` only."""
    yield "arrayad"


def yield_namespace_device_dtype_combinations(include_numpy_namespaces: bool = True) -> Iterator[tuple[str, str, str]]:
    """Yield `arrayad` on the CPU in both floating dtypes, as scikit-learn does for torch."""
    yield "arrayad", "cpu", "float64"
    yield "arrayad", "cpu", "float32"


def yield_mixed_namespace_input_permutations() -> Iterator[tuple[Any, Any, str]]:
    """Yield inputs from two libraries in one call, with `arrayad` as one or the other."""
    ours = _array_api.NamespaceAndDevice("arrayad", "cpu")
    yield ours, _array_api.NamespaceAndDevice("numpy", None), "arrayad to numpy"
    yield _array_api.NamespaceAndDevice("numpy", None), ours, "numpy to arrayad"
    yield _array_api.NamespaceAndDevice("array_api_strict", "device1"), ours, "array_api_strict to arrayad"
    yield ours, _array_api.NamespaceAndDevice("torch", "cpu"), "arrayad to torch"


_array_api.yield_namespaces = yield_namespaces
_array_api.yield_namespace_device_dtype_combinations = yield_namespace_device_dtype_combinations
_array_api.yield_mixed_namespace_input_permutations = yield_mixed_namespace_input_permutations

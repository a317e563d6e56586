"""The namespace compared with the standard's own list of names and signatures."""

from __future__ import annotations

import importlib
import inspect
import operator
import pickle
import pkgutil
from typing import Any

import numpy as np
import pytest

import arrayad as xp
from arrayad import functions

from . import standard

_NAMES = [(chapter, name) for chapter, names in standard.FUNCTIONS.items() for name in names]


def test_counts() -> None:
    assert len(_NAMES) + len(standard.INFO) == 179
    assert len(standard.ATTRIBUTES + standard.IN_PLACE + standard.REFLECTED) == 67


# Also called by position, as in NumPy and PyTorch, and so in scikit-learn; by name they are the standard's.
_ALSO_BY_POSITION = {"diff": "(x, /, n=1, *, axis=-1, prepend=None, append=None)"}


@pytest.mark.parametrize(("chapter", "name"), _NAMES)
def test_signature_is_the_standards(chapter: str, name: str) -> None:
    module = {"linalg": xp.linalg, "fft": xp.fft}.get(chapter, xp)
    function = getattr(module, name)
    assert name in module.__all__
    ours = [p.replace(annotation=inspect.Parameter.empty) for p in inspect.signature(function).parameters.values()]
    # PyTorch's: `requires_grad=` in creation, and `zeros(3, 4)`.
    ours = [p for p in ours if p.name not in ("requires_grad", "more")]
    assert str(inspect.Signature(ours)) == _ALSO_BY_POSITION.get(name, standard.FUNCTIONS[chapter][name])


@pytest.mark.parametrize("name", standard.ATTRIBUTES + standard.IN_PLACE + standard.REFLECTED)
def test_attribute(name: str) -> None:
    assert name in vars(xp.Tensor)


def test_constants_dtypes_and_info() -> None:
    for name in standard.CONSTANTS + standard.DTYPES:
        assert name in xp.__all__
    assert xp.newaxis is None
    assert (xp.pi, xp.e, xp.inf) == (np.pi, np.e, np.inf)
    assert np.isnan(xp.nan)
    assert all(callable(getattr(xp.__array_namespace_info__(), name)) for name in standard.INFO)


def test_all_is_true() -> None:
    for module in (xp, xp.linalg, xp.fft, xp.special, xp.random, xp.utils.data, xp.autograd):
        for name in module.__all__:
            assert hasattr(module, name), name


@pytest.mark.parametrize("version", ["2021.12", "2022.12", "2023.12", "2024.12", "2025.12", None])
def test_namespace(version: str | None) -> None:
    assert xp.ones(2).__array_namespace__(api_version=version) is xp


def test_devices_are_written_down_and_read() -> None:
    for device in (xp.device("cpu"), xp.device("cuda", 1)):
        assert pickle.loads(pickle.dumps(device)) == device
        assert eval(repr(device), {"device": xp.device}) == device


def test_devices_add_to_lists_and_tuples() -> None:
    devices = xp.__array_namespace_info__().devices()
    assert [operator.add(devices, ["x"]), operator.add(devices, ("x",))] == [[*devices, "x"], (*devices, "x")]


@pytest.mark.parametrize("name", standard.DTYPES)
def test_kinds_of_dtypes(name: str) -> None:
    dtype = getattr(xp, name)
    kinds = ("bool", "signed integer", "unsigned integer", "integral", "real floating", "complex floating", "numeric")
    for kind in (*kinds, kinds[:2], (), np.dtype(name), (xp.int8, xp.float32), np.float32):
        expected = np.isdtype(np.dtype(name), tuple(map(np.dtype, kind)) if kind == (xp.int8, xp.float32) else kind)
        assert xp.isdtype(dtype, kind) == expected


def test_unknown_version() -> None:
    with pytest.raises(ValueError, match="2020"):
        xp.ones(2).__array_namespace__(api_version="2020.12")


@pytest.mark.parametrize("name", standard.DTYPES)
def test_dtypes_serve_numpy_and_the_other_way(name: str) -> None:
    ours, theirs = getattr(xp, name), np.dtype(name)
    assert np.dtype(ours) == theirs
    assert np.zeros(2, dtype=ours).dtype == theirs
    assert ours == theirs
    assert theirs == ours
    assert hash(ours) == hash(theirs)
    for given in (ours, theirs, theirs.type):
        assert xp.zeros(2, dtype=given).dtype is ours
    assert repr(ours) == f"arrayad.{name}"
    assert (ours.kind, ours.itemsize) == (theirs.kind, theirs.itemsize)


@pytest.mark.parametrize(
    ("given", "dtype"), [(bool, xp.bool), (int, xp.int64), (float, xp.float64), (complex, xp.complex128)]
)
def test_pythons_types_are_dtypes(given: Any, dtype: Any) -> None:
    assert xp.zeros(2, dtype=given).dtype is dtype


def test_inspection_tells_the_truth() -> None:
    info = xp.__array_namespace_info__()
    assert info.default_dtypes()["real floating"] is xp.zeros(1).dtype is xp.float32
    assert info.default_dtypes()["complex floating"] is xp.asarray(1j).dtype is xp.complex64
    assert info.default_dtypes()["integral"] is xp.asarray(1).dtype is xp.int64
    try:
        xp.set_default_dtype(xp.float64)
        assert info.default_dtypes()["real floating"] is xp.zeros(1).dtype is (xp.asarray(1) / 2).dtype is xp.float64
        assert info.default_dtypes()["complex floating"] is xp.asarray(1j).dtype is xp.complex128
    finally:
        xp.set_default_dtype(xp.float32)
    for place in info.devices():
        assert xp.zeros(1, device=place).device == place


@pytest.mark.parametrize(
    ("call", "fields"),
    [
        (xp.linalg.svd, "U S Vh"),
        (xp.linalg.eigh, "eigenvalues eigenvectors"),
        (xp.linalg.eig, "eigenvalues eigenvectors"),
        (xp.linalg.qr, "Q R"),
        (xp.linalg.slogdet, "sign logabsdet"),
        (xp.unique_all, "values indices inverse_indices counts"),
        (xp.unique_counts, "values counts"),
        (xp.unique_inverse, "values inverse_indices"),
    ],
)
def test_results_have_the_standards_names_in_a_class_of_ours(call: Any, fields: str) -> None:
    for tracked in (False, True):
        found = call(xp.eye(2, requires_grad=tracked))
        assert type(found).__module__.startswith("arrayad.")
        assert found._fields == tuple(fields.split())
        assert all(isinstance(part, xp.Tensor) for part in found)


def test_methods_show_how_they_are_called() -> None:
    shown = {name: str(inspect.signature(getattr(xp.Tensor, name))) for name in ("mul_", "add", "sum", "sort", "unsqueeze_")}
    assert shown["mul_"] == "(x1: 'Tensor | complex', x2: 'Tensor | complex', /) -> 'Tensor'"
    assert "alpha" in shown["add"]
    assert "axis: 'Axes' = None, keepdims: 'bool' = False, *, dim: 'Axes'" in shown["sum"]
    assert "descending: 'bool' = False" in shown["sort"]
    assert "dim: 'int'" in shown["unsqueeze_"]


def test_methods_in_place_have_their_own_names_and_functions_beside_them() -> None:
    in_place = {name: f for name, f in vars(xp.Tensor).items() if name.endswith("_") and not name.startswith("_")}
    assert len(in_place) > 80
    alone = ("bernoulli_", "copy_", "exponential_", "fill_", "fill_diagonal_", "normal_", "random_", "uniform_", "zero_")
    for name, method in in_place.items():
        assert method.__name__ == name
        assert hasattr(xp.Tensor, name[:-1]) or name in alone, name


# Functions that call no other function of the namespace that might refuse an argument and name itself in the error.
LEAVES = """
BoolTensor ByteTensor CharTensor DoubleTensor FloatTensor IntTensor LongTensor ShortTensor __array_namespace_info__ arange
as_tensor asarray astype broadcast_shapes can_cast empty_like finfo from_dlpack from_numpy full_like get_state getitem iinfo
index_put initial_seed is_complex is_floating_point is_tensor isdtype manual_seed numel ones_like rand_like randn_like randperm
result_type scatter_add seed set_state setitem tensor view_dtype zeros_like
"""


def test_errors_name_the_function_that_was_called() -> None:
    """Through the declaration of an operation or through `public`, which replace the name of an inner function."""
    bare = set()
    for found in pkgutil.iter_modules(functions.__path__):
        if found.name in ("declaring", "keys", "numpy_protocols"):  # not part of the namespace
            continue
        module = importlib.import_module(f"arrayad.functions.{found.name}")
        for name in getattr(module, "__all__", ()):
            function = getattr(module, name)
            own = inspect.isfunction(function) and function.__module__ == module.__name__
            if own and not hasattr(function, "operation") and "spellings" not in inspect.getclosurevars(function).nonlocals:
                bare.add(name)
    assert bare == set(LEAVES.split())

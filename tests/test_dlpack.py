"""DLPack and from_numpy: both directions with NumPy, array_api_strict, PyTorch and JAX; old producers, copies, read-only memory,
strides, no elements; what is refused."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any

import array_api_strict
import numpy as np
import pytest

import arrayad as xp

if TYPE_CHECKING:
    from collections.abc import Callable

DTYPES = ["bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float16", "float32", "float64",
          "complex64", "complex128"]  # fmt: skip
SHAPES = [(), (0,), (0, 3), (3, 0), (2, 3)]


def _torch(array: np.ndarray) -> Any:
    torch = pytest.importorskip("torch", reason="an optional oracle")
    return torch.asarray(array.tolist(), dtype=getattr(torch, array.dtype.name)).reshape(array.shape)


def _jax(array: np.ndarray) -> Any:
    jax = pytest.importorskip("jax", reason="an optional oracle")
    with jax.enable_x64(True):
        return jax.numpy.asarray(array)


def _strict(array: np.ndarray) -> Any:
    if array.dtype == np.float16:
        pytest.skip("the standard has no half precision")
    return array_api_strict.asarray(array)


def _from_torch(x: Any) -> np.ndarray:
    return pytest.importorskip("torch", reason="an optional oracle").from_dlpack(x).numpy()


def _from_jax(x: Any) -> np.ndarray:
    jax = pytest.importorskip("jax", reason="an optional oracle")
    with jax.enable_x64(True):
        return np.asarray(jax.numpy.from_dlpack(x))


PRODUCERS: dict[str, Callable[[np.ndarray], Any]] = {"numpy": np.copy, "strict": _strict, "torch": _torch, "jax": _jax}
CONSUMERS: dict[str, Callable[[Any], np.ndarray]] = {
    "numpy": np.from_dlpack,
    "strict": lambda x: np.asarray(array_api_strict.from_dlpack(x)),
    "torch": _from_torch,
    "jax": _from_jax,
}


def _array(shape: tuple[int, ...], dtype: str) -> np.ndarray:
    return np.arange(int(np.prod(shape)), dtype=float).reshape(shape).astype(dtype)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("library", PRODUCERS)
def test_in(library: str, dtype: str, shape: tuple[int, ...]) -> None:
    array = _array(shape, dtype)
    theirs = PRODUCERS[library](array)
    for x in (xp.from_dlpack(theirs), xp.from_dlpack(theirs, copy=True), xp.asarray(theirs)):
        assert x.dtype is getattr(xp, dtype)
        assert x.shape == shape
        assert x.tolist() == array.tolist()
    xp.from_dlpack(theirs, copy=True)[...] = 1  # its own memory
    assert xp.asarray(theirs).tolist() == array.tolist()


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("library", CONSUMERS)
def test_out(library: str, dtype: str, shape: tuple[int, ...]) -> None:
    if library == "strict" and dtype == "float16":
        pytest.skip("the standard has no half precision")
    array = _array(shape, dtype)
    found = CONSUMERS[library](xp.asarray(array))
    assert found.dtype == array.dtype
    assert found.shape == shape
    np.testing.assert_array_equal(found, array)


@pytest.mark.parametrize("library", CONSUMERS)
def test_strides(library: str) -> None:
    array = np.arange(12.0).reshape(3, 4)
    keys: list[Any] = [
        (slice(None), slice(None, None, -1)),
        slice(None, None, -1),
        (slice(None, None, 2), slice(None, None, -3)),
    ]
    if library != "jax":  # it accepts only compact memory, and says so
        keys.append((slice(None), slice(None, None, 2)))
    for key in keys:
        np.testing.assert_array_equal(CONSUMERS[library](xp.asarray(array)[key]), array[key])
    np.testing.assert_array_equal(CONSUMERS[library](xp.asarray(array).T), array.T)


def test_negative_strides_in() -> None:
    array = np.arange(6.0).reshape(2, 3)[:, ::-1]
    assert xp.from_dlpack(array).tolist() == array.tolist()
    with pytest.raises(BufferError, match="negative strides"):
        np.from_dlpack(xp.from_numpy(array), copy=False)


def test_memory_is_shared_unless_a_copy_is_asked_for() -> None:
    a, x = np.zeros(3), xp.zeros(3)
    for copy, shared in ((None, True), (False, True), (True, False)):
        assert np.shares_memory(xp.from_dlpack(a, copy=copy).numpy(), a) == shared
        assert np.shares_memory(np.from_dlpack(x, copy=copy), x.numpy()) == shared
    theirs = np.from_dlpack(x)
    theirs[0] = 5.0
    assert x[0].item() == 5.0


def test_writing_after_an_export_is_seen_by_backward() -> None:
    x = xp.ones(2, requires_grad=True)
    y = x * 1
    np.from_dlpack(y.detach())
    z = (y * y).sum()
    y += 1
    with pytest.raises(RuntimeError, match="version"):
        z.backward()


def test_read_only_stays_read_only() -> None:
    a = np.zeros(3)
    a.flags.writeable = False
    for x in (xp.from_dlpack(a), xp.from_numpy(a), xp.asarray(a)):
        with pytest.raises(RuntimeError, match="read-only"):
            x[0] = 1.0
        assert not np.from_dlpack(x).flags.writeable
        assert np.from_dlpack(x, copy=True).flags.writeable
        with pytest.raises(BufferError, match="readonly"):
            x.__dlpack__()  # versions before 1.0 cannot express it
    jax = pytest.importorskip("jax", reason="an optional oracle")
    with pytest.raises(RuntimeError, match="read-only"):
        xp.from_dlpack(jax.numpy.zeros(3))[0] = 1.0


class _Versioned(ctypes.Structure):
    """The header of a DLPack 1.0 capsule."""

    _fields_ = (
        ("major", ctypes.c_uint32),
        ("minor", ctypes.c_uint32),
        ("context", ctypes.c_void_p),
        ("deleter", ctypes.c_void_p),
        ("flags", ctypes.c_uint64),
    )


def test_a_copy_says_that_it_is_one() -> None:
    pointer = ctypes.pythonapi.PyCapsule_GetPointer
    pointer.restype, pointer.argtypes = ctypes.c_void_p, (ctypes.py_object, ctypes.c_char_p)
    x = xp.arange(6.0).reshape(2, 3)
    for y, copy, copied in ((x, None, False), (x, True, True), (x[:, ::2], None, False), (xp.flip(x), None, True)):
        capsule = y.__dlpack__(max_version=(1, 0), copy=copy)
        assert bool(_Versioned.from_address(pointer(capsule, b"dltensor_versioned")).flags & 2) == copied


class Old:
    """A producer from before DLPack 1.0."""

    def __init__(self, array: np.ndarray) -> None:
        self.array = array

    def __dlpack__(self, stream: Any = None) -> Any:
        return self.array.__dlpack__()

    def __dlpack_device__(self) -> Any:
        return self.array.__dlpack_device__()


def test_producers_from_before_1_0() -> None:
    a = np.arange(3.0)
    for copy, shared in ((None, True), (False, True), (True, False)):
        x = xp.from_dlpack(Old(a), copy=copy)
        assert x.tolist() == [0.0, 1.0, 2.0]
        assert np.shares_memory(x.numpy(), a) == shared


class Elsewhere(Old):
    """A producer on a device without a backend here, or on no device at all: it returns copies in host memory."""

    device = (2, 0)
    version = (1, 0)
    refusal: type[Exception] = BufferError

    def __dlpack__(self, *, dl_device: Any = None, copy: Any = None, **_: Any) -> Any:
        if copy is False:
            raise self.refusal("not without a copy to the host")
        if dl_device != (1, 0):
            raise BufferError("where it is, nothing here can read it")
        return self.array.copy().__dlpack__(max_version=self.version)

    def __dlpack_device__(self) -> Any:
        return self.device


@pytest.mark.parametrize("refusal", [BufferError, ValueError])  # the standard's, CuPy's
@pytest.mark.parametrize("version", [(1, 0), None])
@pytest.mark.parametrize("device", [(2, 0), (10, 0)])
def test_producers_move_what_they_give_to_the_host(
    device: Any, version: Any, refusal: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Elsewhere, "refusal", refusal)
    monkeypatch.setattr(Elsewhere, "device", device)
    monkeypatch.setattr(Elsewhere, "version", version)
    a = np.arange(3.0)
    for copy in (None, True) if version else (True,):  # before 1.0, no flag says that memory is writable
        x = xp.from_dlpack(Elsewhere(a), device="cpu", copy=copy)
        assert x.tolist() == [0.0, 1.0, 2.0]
        y = x * (k := xp.tensor(1.0, dtype=xp.float64, requires_grad=True))
        x += 1  # nothing shares it, so the tape keeps its values
        y.sum().backward()
        assert k.grad.item() == 3.0
        assert not np.shares_memory(x.numpy(), a)
    with pytest.raises(BufferError, match="requires a copy"):
        xp.from_dlpack(Elsewhere(a), device="cpu", copy=False)
    with pytest.raises(BufferError, match=r"from_dlpack\(\): (device 'cuda' is not|there is no backend)"):
        xp.from_dlpack(Elsewhere(a))


def test_consumers_from_before_1_0() -> None:
    x = xp.asarray([1.0, 2.0])
    for capsule in (x.__dlpack__(), x.__dlpack__(max_version=(0, 8)), x.__dlpack__(max_version=(1, 0))):
        assert "dltensor" in repr(capsule)
    assert x.__dlpack_device__() == (1, 0)
    assert "dltensor" in repr(x.__dlpack__(dl_device=(1, 0)))
    with pytest.raises(BufferError):
        x.__dlpack__(dl_device=(2, 0))


def test_what_is_refused() -> None:
    tracked = xp.ones(2, requires_grad=True)
    with pytest.raises(BufferError, match=r"detach\(\)"):
        np.from_dlpack(tracked)
    torch = pytest.importorskip("torch", reason="an optional oracle")
    with pytest.raises(BufferError, match=r"detach\(\)"):
        torch.from_dlpack(tracked)
    with pytest.raises(BufferError, match="gradient"):
        xp.from_dlpack(torch.ones(2, requires_grad=True))
    with pytest.raises(BufferError, match="dtype"):
        xp.from_dlpack(torch.ones(2, dtype=torch.bfloat16))
    nowhere = type("Nowhere", (), {"__dlpack__": lambda self: np.ones(2).__dlpack__()})()
    with pytest.raises(AttributeError, match=r"from_dlpack\(\): expected an object with __dlpack_device__, got Nowhere"):
        xp.from_dlpack(nowhere)
    z = torch.tensor([1 + 2j])
    with pytest.raises(BufferError, match="conjugate"):
        xp.from_dlpack(z.conj())
    with pytest.raises(BufferError, match="resolve_neg"):
        xp.from_dlpack(z.conj().imag)
    assert xp.from_dlpack(z.conj().imag.resolve_neg()).tolist() == [-2.0]


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("key", [(), (slice(None, None, -1),), (slice(None), 1), (..., None), (slice(0, 0),)])
def test_from_numpy_of_every_layout(order: Any, key: Any) -> None:
    array = np.asarray(np.arange(24.0).reshape(2, 3, 4), order=order)[key]
    x = xp.from_numpy(array)
    assert x.tolist() == array.tolist()
    assert np.shares_memory(x.numpy(), array) or not array.size
    assert not array.size or x.strides == array.strides
    broadcast = xp.from_numpy(np.broadcast_to(np.arange(3), (2, 3)))
    assert broadcast.tolist() == [[0, 1, 2]] * 2


def test_fields_of_records() -> None:
    """Shared if their steps are whole elements, otherwise copied, which from_numpy, like PyTorch's, does not do."""
    packed = np.zeros(6, [("a", "f4"), ("b", "u1")])
    packed["a"] = np.arange(6)
    x = xp.asarray(packed["a"])
    assert (x.tolist(), x.strides, x.storage_offset()) == ([0.0, 1.0, 2.0, 3.0, 4.0, 5.0], (4,), 0)
    whole = np.zeros(6, [("a", "f4"), ("b", "f4")])
    x = xp.from_numpy(whole["b"])
    assert (x.strides, x.stride(), x.storage_offset()) == ((8,), (2,), 1)
    x += 1
    assert whole["b"].tolist() == [1.0] * 6

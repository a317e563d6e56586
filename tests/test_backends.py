"""Backends: what they provide, that functions, rules and engine need no more, and that devices are never mixed."""

from __future__ import annotations

import ast
import functools
import importlib.util
import inspect
import math
import operator
import pickle
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import arrayad as xp
from arrayad import backends, devices, dtypes
from arrayad.autograd.operation import operations
from arrayad.backends import fallbacks
from arrayad.backends import numpy as numpy_backend
from arrayad.backends.interface import BEYOND_THE_STANDARD, Backend, Random
from arrayad.functions import random as random_numbers

from . import strict
from .standard import FUNCTIONS
from .waiting import Waits

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
HAS_CUPY = importlib.util.find_spec("cupy") is not None


@pytest.fixture(autouse=True)
def strict_backend() -> Iterator[None]:
    """array_api_strict's backend, removed afterwards with anything else that a test registers."""
    places: tuple[dict[Any, Any], ...] = (backends.by_type, backends._by_device, dtypes.from_raw, random_numbers._default)
    saved = [dict(place) for place in places]
    kinds, default = list(devices.TYPES), devices.default.device
    strict.register()
    yield
    for place, before in zip(places, saved, strict=True):
        place.clear()
        place.update(before)
    for op in operations.values():
        op.native.intersection_update(dtypes.from_raw)
    devices.TYPES[:] = kinds
    devices.default.device = default
    devices.installed.cache_clear()


@pytest.mark.parametrize("backend", ["strict", "cupy-standin"])
def test_functions_rules_and_engine_on_another_backend(backend: str) -> None:
    """All tests meant for any backend, in a separate process, whose tensors are all array_api_strict's or the stand-in's."""
    command = [sys.executable, "-m", "pytest", "tests", f"--backend={backend}", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-5000:]


# --- the interface ---

STANDARD = {name for chapter, names in FUNCTIONS.items() if chapter not in ("linalg", "fft") for name in names}
STANDARD |= {"float64", "int64"}
PROTOCOL = {name for name in vars(Backend) if not name.startswith("_")}
OPTIONAL = {"pin_memory", "is_pinned"}  # of the backend of "cuda"
SPACES = {"linalg", "fft", "special"}


def _root(node: ast.expr) -> str:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return node.func.id
    return node.id if isinstance(node, ast.Name) else ""


def _taken(node: ast.AST) -> str:
    """What an expression uses of a backend: a top-level name, or ``linalg.…`` and the like; or nothing."""
    of_backends = {"xp", "backend", "backend_of", "backend_of_type", "backend_of_device"}
    if not isinstance(node, ast.Attribute):
        return ""
    inner = node.value
    if isinstance(inner, ast.Attribute) and inner.attr in SPACES and _root(inner.value) in of_backends:
        return f"{inner.attr}.{node.attr}"
    # The second is from interp(x, xp, fp), whose `xp` is an array.
    return node.attr if _root(inner) in of_backends and node.attr not in SPACES | {"shape", "ndim"} else ""


@functools.cache
def _nodes() -> list[ast.AST]:
    sources = [p for p in (ROOT / "arrayad").rglob("*.py") if p.parent.name != "backends" or p.name == "__init__.py"]
    return [node for path in sorted(sources) for node in ast.walk(ast.parse(path.read_text()))]


def names_used() -> set[str]:
    """The names that arrayad uses of a backend."""
    found = {f"{op.namespace}.{op.name}".lstrip(".") for op in operations.values() if op.forward is None}
    return found | {_taken(node) for node in _nodes()} - {""}


def calls_made() -> set[tuple[str, int, frozenset[str]]]:
    """How arrayad calls them: the number of positional arguments, and the names of the others."""
    found = set()
    for op in operations.values():
        if op.forward is None:
            keywords = frozenset(op.parameters[op.positional :])
            found.add((f"{op.namespace}.{op.name}".lstrip("."), op.positional, keywords))
    for node in _nodes():
        if not isinstance(node, ast.Call) or any(isinstance(a, ast.Starred) for a in node.args):
            continue
        if (name := _taken(node.func)) and all(k.arg for k in node.keywords):
            found.add((name, len(node.args), frozenset(k.arg or "" for k in node.keywords)))
    return found


def test_what_is_used_is_in_the_standard_or_the_interface() -> None:
    top = {name for name in names_used() if "." not in name}
    assert top - STANDARD - PROTOCOL - OPTIONAL == set()
    linalg = {name.partition(".")[2] for name in names_used() if name.startswith("linalg.")}
    assert linalg - set(FUNCTIONS["linalg"]) == {"cofactors", "solve_triangular"}
    fft = {name.partition(".")[2] for name in names_used() if name.startswith("fft.")}
    assert fft <= set(FUNCTIONS["fft"])
    assert {"add", "sum", "special.erf", "linalg.svd", "fft.rfft", "scatter_add", "to_numpy"} <= names_used()


def _cupy() -> Any:
    return pytest.importorskip("arrayad.backends.cupy", reason="CuPy is not installed", exc_type=ImportError)


@pytest.mark.parametrize("name", ["numpy", "strict", "cupy"])
def test_a_backend_has_what_is_used(name: str) -> None:
    backend: Any = _cupy() if name == "cupy" else {"numpy": numpy_backend, "strict": strict}[name]
    for path in names_used() | {n for names in BEYOND_THE_STANDARD.values() for n in names}:
        space: Any = backend
        for part in path.split("."):
            if part not in OPTIONAL or backend.device_type == "cuda":
                assert hasattr(space, part), f"{name}: {path}"
                space = getattr(space, part)
    for path, count, keywords in calls_made():
        space = functools.reduce(getattr, path.split("."), backend) if path not in OPTIONAL else None
        if inspect.isfunction(space):
            try:
                inspect.signature(space).bind(*range(count), **dict.fromkeys(keywords))
            except TypeError as error:
                raise AssertionError(f"{name}: {path} with {count} arguments and {sorted(keywords)}: {error}") from None
    for member in PROTOCOL:
        ours = getattr(backend, member)
        if name == "strict" or not (inspect.isfunction(vars(Backend)[member]) and inspect.isfunction(ours)):
            continue  # array_api_strict's are NumPy's by way of *args; NumPy's `as_array` is a function of NumPy
        wanted = [p for p in inspect.signature(vars(Backend)[member]).parameters if p != "self"]
        assert list(inspect.signature(ours).parameters) == wanted, f"{name}: {member}"


def test_what_cupy_lacks_is_what_is_done_on_the_host() -> None:
    _cupy()
    import cupyx.scipy.special as theirs

    from arrayad.backends import cupy_special

    used = {name.partition(".")[2] for name in names_used() if name.startswith("special.")}
    assert {name for name in used if not hasattr(theirs, name)} == cupy_special.ON_HOST


@pytest.mark.parametrize("backend", [numpy_backend, strict], ids=lambda b: b.device_type)
def test_random_numbers_are_those_of_the_interface(backend: Any) -> None:
    source = backend.generator(0, backend.raw_device(xp.device(backend.device_type)))
    for member in vars(Random):
        if not member.startswith("_"):
            assert hasattr(source, member)
    state = source.state
    first = source.uniform((3,), backend.raw_dtype(xp.float32))
    source.state = pickle.loads(pickle.dumps(state))
    assert bool(backend.all(source.uniform((3,), backend.raw_dtype(xp.float32)) == first))
    assert backend.to_numpy(source.normal((2, 2), backend.raw_dtype(xp.float64))).dtype == "float64"
    assert backend.to_numpy(source.integers(-3, 2**40, (5,))).dtype == "int64"
    assert sorted(backend.to_numpy(source.permutation(5)).tolist()) == [0, 1, 2, 3, 4]
    drawn = source.choice(backend.from_numpy(np.asarray([0.0, 1.0, 1.0]), first.device), 2, False)
    assert sorted(backend.to_numpy(drawn).tolist()) == [1, 2]


# --- finding and loading ---


def test_a_backend_that_is_not_there() -> None:
    assert not xp.zeros(1).is_pinned()
    if xp.cuda.is_available():
        pytest.skip("there is a GPU")
    assert xp.cuda.device_count() == 0
    assert not xp.cuda.is_available()
    reason = r"device 'cuda(:0)?' is not available: there is no GPU" if HAS_CUPY else r"pip install cupy-cuda13x"
    x = xp.ones(2)
    for call in (
        lambda: xp.zeros(2, device="cuda"),
        lambda: x.to("cuda"),
        lambda: x.cuda(),
        lambda: x.pin_memory(),
        lambda: xp.set_default_device("cuda"),
        lambda: xp.Generator("cuda"),
        xp.cuda.current_device,
        xp.cuda.synchronize,
        xp.cuda.Stream,
        xp.cuda.current_stream,
        xp.cuda.memory_allocated,
        lambda: xp.cuda.device(0),
        lambda: xp.cuda.manual_seed(0),
    ):
        with pytest.raises(RuntimeError, match=reason):
            call()
    assert xp.zeros(2).device == "cpu"  # the default device is as it was
    assert [str(place) for place in backends.devices() if place.type == "cpu"] == ["cpu"]


def test_devices_out_of_range() -> None:
    for place in ("strict:3", "cpu:1"):
        with pytest.raises(RuntimeError, match=f"'{place}' is not available"):
            xp.zeros(1, device=place)
    with pytest.raises(RuntimeError, match="expected one of cpu, cuda, strict"):
        xp.device("abacus")


def test_a_backend_of_another_package(tmp_path: Path) -> None:
    """By an entry point, which is only consulted for an unknown type of device."""
    (tmp_path / "abacus.py").write_text(
        "from arrayad.backends.numpy import *\n"
        "from arrayad.backends import numpy as host\n"
        "from arrayad.devices import device\n"
        "device_type, array_types = 'abacus', ()\n"
        "from arrayad.backends.numpy import raw_dtype, raw_device, from_numpy, asynchronous, use_device\n"
        "def as_device(raw): return device('abacus')\n"
        "def devices(): return (device('abacus'),)\n"
    )
    info = tmp_path / "abacus-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Name: abacus\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[arrayad.backends]\nabacus = abacus\n")
    code = (
        "import sys, arrayad as xp\n"
        "assert 'abacus' not in sys.modules\n"
        "assert xp.device('abacus').type == 'abacus' and 'abacus' not in sys.modules\n"
        "assert xp.zeros(2, device='abacus')._array.tolist() == [0, 0]\n"
        "assert xp.device('abacus') in xp.__array_namespace_info__().devices()\n"
        "try: xp.device('sliderule')\n"
        "except RuntimeError as e: assert 'cpu, cuda, abacus' in str(e), e\n"
    )
    command = [sys.executable, "-c", code]
    environment = {"PYTHONPATH": f"{ROOT}:{tmp_path}", "PATH": ""}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr


def test_a_backend_that_lacks_something_is_not_registered() -> None:
    before = dict(backends.by_type)
    with pytest.raises(AttributeError, match="as_array"):
        backends.register(SimpleNamespace(array_types=(list,)))  # type: ignore[arg-type]  # it is none
    assert backends.by_type == before


def test_no_backend_for_a_type() -> None:
    with pytest.raises(TypeError, match=r"no backend for arrays of type builtins\.list"):
        backends.backend_of_type(list)


# --- devices ---


def test_devices_are_kept_and_not_mixed() -> None:
    x = xp.ones(3, device="strict:1", requires_grad=True)
    y = xp.ones(3, device="strict:2")
    assert [str(d) for d in (x.device, y.device)] == ["strict:1", "strict:2"]
    (xp.sin(x) * 2 + xp.zeros_like(x)).sum().backward()
    assert x.grad.device == x.device
    for call in (
        lambda: x + y,
        lambda: x + xp.ones(3),
        lambda: xp.concat([x, xp.ones(3)]),
        lambda: xp.concat([x, y]),
        lambda: xp.where(x > 0, x, y),
        lambda: xp.where(x > 0, x, xp.ones(3)),
        lambda: xp.matmul(x, y),
        lambda: xp.take(x, xp.asarray([0], device="strict:2")),
        lambda: xp.einsum("i,i->", x, y),
    ):
        with pytest.raises(RuntimeError, match=r"expected all tensors to be on the same device.*strict:1"):
            call()
    check_two_devices("strict:1", "strict:2")
    with pytest.raises(TypeError, match=r"\.cpu\(\)"):
        x.detach().numpy()
    assert x.numpy(force=True).tolist() == [1.0, 1.0, 1.0]
    assert "device='strict:1'" in repr(x)


class _ThereAndBack(xp.autograd.Function):
    """Returns a gradient on another device than its argument."""

    @staticmethod
    def forward(ctx: Any, x: Any, place: str) -> Any:
        ctx.place = place
        return x * 2

    @staticmethod
    def backward(ctx: Any, *g: Any) -> Any:
        return g[0].to(ctx.place), None


# Of a tracked and an untracked tensor on a device, and a tensor, an index and a mask on another.
_MIXED = {
    "backward": lambda w, x, y, i, m: (w * 2).backward(y),
    "grad": lambda w, x, y, i, m: xp.autograd.grad(w * 2, w, y, create_graph=True),
    "vjp": lambda w, x, y, i, m: xp.func.vjp(xp.exp, x)[1](y),
    "jvp": lambda w, x, y, i, m: xp.func.jvp(xp.exp, (x,), (y,)),
    "hook": lambda w, x, y, i, m: [(z := w * 2).register_hook(lambda g: g.to(y.device)), z.sum().backward()],
    "hook of a leaf": lambda w, x, y, i, m: [w.register_hook(lambda g: g.to(y.device)), (w * 2).sum().backward()],
    "Function": lambda w, x, y, i, m: _ThereAndBack.apply(w, str(y.device)).sum().backward(),
    "x[0] = y[0]": lambda w, x, y, i, m: x.__setitem__(0, y[0]),
    "x[:] = y": lambda w, x, y, i, m: x.__setitem__(slice(None), y),
    "x[:] = y.to(float64)": lambda w, x, y, i, m: x.__setitem__(slice(None), y.to(xp.float64)),
    "x[:] = [y[0], ...]": lambda w, x, y, i, m: x.__setitem__(slice(None), [y[0], 2.0, 3.0]),
    "x[i] = 1": lambda w, x, y, i, m: x.__setitem__(i, 1.0),
    "x[m] = 1": lambda w, x, y, i, m: x.__setitem__(m, 1.0),
    "x[i]": lambda w, x, y, i, m: x[i],
    "x[m]": lambda w, x, y, i, m: x[m],
    "x += y": lambda w, x, y, i, m: x.__iadd__(y),
    "data": lambda w, x, y, i, m: setattr(x, "data", y),
    "fill_": lambda w, x, y, i, m: x.fill_(y[0]),
    "scatter_ index": lambda w, x, y, i, m: x.scatter_(0, i, x + 1),
    "scatter_": lambda w, x, y, i, m: x.scatter_(0, i.to(x.device), y),
    "scatter_ value": lambda w, x, y, i, m: x.scatter_(0, i.to(x.device), y[0]),
    "scatter_add_": lambda w, x, y, i, m: x.scatter_add_(0, i.to(x.device), y),
    "scatter_add": lambda w, x, y, i, m: x.scatter_add(0, i.to(x.device), y),
    "index_add_ index": lambda w, x, y, i, m: x.index_add_(0, i, x[:2]),
    "index_add_": lambda w, x, y, i, m: x.index_add_(0, i.to(x.device), y[:2]),
    "index_copy_": lambda w, x, y, i, m: x.index_copy_(0, i.to(x.device), y[:2]),
    "index_fill_": lambda w, x, y, i, m: x.index_fill_(0, i.to(x.device), y[0]),
    "masked_fill mask": lambda w, x, y, i, m: x.masked_fill(m, 0.0),
    "masked_fill": lambda w, x, y, i, m: x.masked_fill(x > 1, y[0]),
    "masked_fill_": lambda w, x, y, i, m: x.masked_fill_(x > 1, y[0]),
    "masked_select": lambda w, x, y, i, m: x.masked_select(m),
    "put_along_axis index": lambda w, x, y, i, m: xp.put_along_axis(x, i, 1.0),
    "put_along_axis": lambda w, x, y, i, m: xp.put_along_axis(x, i.to(x.device), y[0]),
    "asarray": lambda w, x, y, i, m: xp.asarray([[y[0], 1.0], [x[0], 1.0]]),
}


def check_two_devices(here: str, there: str) -> None:
    """Operations on two devices are refused before anything changes; numbers follow their tensors."""
    for name, call in _MIXED.items():
        w = xp.ones(3, device=here, requires_grad=True)
        x = xp.asarray([1.0, 2.0, 3.0], device=here)
        y = xp.asarray([4.0, 5.0, 6.0], device=there)
        i, m = xp.asarray([2, 0], device=there), xp.asarray([True, False, True], device=there)
        with pytest.raises(RuntimeError) as found:
            call(w, x, y, i, m)
        assert all(place in str(found.value) for place in (here, there)), f"{name}: {found.value}"
        assert (x.tolist(), w.grad) == ([1.0, 2.0, 3.0], None), name
    made = [xp.asarray([y[0], 1.0]), xp.asarray([[y[0], 1.0], [2.0, np.float32(3.0)]])]
    assert [str(out.device) for out in made] == [str(y.device)] * 2
    x[:2] = [7, 8]
    assert x[i[0]].item() == 3.0  # one integer is a number
    assert x.copy_(y).tolist() == [4.0, 5.0, 6.0]
    assert x.copy_(np.ones(3)).tolist() == [1.0, 1.0, 1.0]
    x.copy_(y.requires_grad_())
    (x * x).sum().backward()
    assert (y.grad.tolist(), y.grad.device) == ([8.0, 10.0, 12.0], y.device)


def test_two_devices_on_nearly_cupy() -> None:
    code = (
        "from tests import cupy_standin\n"
        "cupy_standin.install()\n"
        "from tests.test_backends import check_two_devices\n"
        "check_two_devices('cpu', 'cuda')\n"
        "check_two_devices('cuda', 'cpu')\n"
        "import arrayad as xp\n"
        "for here, there in (('cpu', 'cuda'), ('cuda', 'cpu')):\n"
        "    try: xp.Generator(here).set_state(xp.Generator(there).get_state())\n"
        "    except (TypeError, ValueError) as error: assert f'no state of a generator of {here}' in str(error), error\n"
        "    else: assert False\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_creation_function_takes_a_device() -> None:
    place = "strict:2"
    x = xp.ones((2, 2), device=place)
    made = [
        xp.arange(3, device=place),
        xp.asarray([1, 2], device=place),
        xp.asarray(np.ones(2), device=place),
        xp.empty(2, device=place),
        xp.empty_like(x),
        xp.eye(2, device=place),
        xp.fft.fftfreq(3, device=place),
        xp.fft.rfftfreq(3, device=place),
        xp.from_dlpack(np.ones(2), device=place),
        xp.full((2,), 1.0, device=place),
        xp.full_like(x, 2),
        xp.linspace(0, 1, 3, device=place),
        xp.ones(2, device=place),
        xp.ones_like(x),
        xp.rand(2, device=place),
        xp.rand_like(x),
        xp.randint(0, 3, (2,), device=place),
        xp.randn(2, device=place),
        xp.randn_like(x),
        xp.randperm(3, device=place),
        xp.tensor([1.0], device=place),
        xp.zeros(2, device=place),
        xp.zeros_like(x),
        xp.zeros_like(xp.ones(2), device=place),
        xp.astype(xp.ones(2), xp.float64, device=place),
        x.new_zeros(2),
        x.new_full((2,), 1),
        x.new_tensor([1.0]),
        xp.bernoulli(x),
        xp.multinomial(x[0], 1),
        xp.normal(x, 1.0),
        x.clone().uniform_(),
    ]
    assert [str(y.device) for y in made] == [place] * len(made)
    xp.set_default_device("strict:1")
    assert str(xp.get_default_device()) == str(xp.zeros(1).device) == "strict:1"
    assert str(xp.__array_namespace_info__().default_device()) == "strict:1"
    assert {str(xp.rand(1).device), str(xp.asarray([1.0]).device), str(xp.asarray(x).device)} == {"strict:1", place}


def test_transfers_keep_the_graph_and_share_nothing() -> None:
    x = xp.tensor([1.0, 2.0], requires_grad=True)
    y = x.to("strict:1") * 2
    z = y.to(device="strict:2", dtype=xp.float64, non_blocking=True)
    assert str(z.device) == "strict:2"
    (z * z).sum().cpu().backward()
    assert x.grad.tolist() == [8.0, 16.0]
    assert str(x.grad.device) == "cpu"
    assert "ToCopy" in repr(x.to("strict"))
    assert x.to("cpu") is x
    assert y.to("strict:1") is y
    gradient = xp.func.grad(lambda t: (t.to("strict:1") ** 3).sum().to("cpu"))
    assert gradient(x.detach()).tolist() == [3.0, 12.0]
    _, tangent = xp.func.jvp(lambda t: t.to("strict:1") ** 3, (x.detach(),), (xp.ones(2),))
    assert (str(tangent.device), tangent.tolist()) == ("strict:1", [3.0, 12.0])
    assert xp.func.hessian(lambda t: (t.to("strict:2") ** 3).sum().cpu())(x.detach()).tolist() == [[6.0, 0.0], [0.0, 12.0]]
    array = np.ones(2)
    there = xp.asarray(array, device="strict")
    back = there.cpu().numpy()
    array += 1
    back += 1
    assert there.tolist() == [1.0, 1.0]
    assert str(pickle.loads(pickle.dumps(y.detach())).device) == "strict:1"
    x = xp.zeros(2, device="strict:1")
    x[0] = xp.ones((), device="strict:1")
    x += 1
    assert x.tolist() == [2.0, 1.0]


def test_each_device_has_its_generator() -> None:
    xp.manual_seed(5)
    here, there = xp.rand(4), xp.rand(4, device="strict:1")
    xp.manual_seed(5)
    assert xp.rand(4).tolist() == here.tolist()
    assert xp.rand(4, device="strict:1").tolist() == there.tolist()
    assert xp.rand(4, device="strict:2").tolist() == there.tolist()  # used first after the seed was set
    g = xp.Generator("strict:1").manual_seed(5)
    assert str(g.device) == "strict:1"
    assert str(xp.randn(2, generator=g).device) == "strict:1"
    with pytest.raises(RuntimeError, match=r"rand\(\): the generator is on strict:1, and device is cpu"):
        xp.rand(2, generator=g, device="cpu")
    states = xp.random.get_state()
    first = xp.rand(3, device="strict:2").tolist()
    xp.random.set_state(states)
    assert xp.rand(3, device="strict:2").tolist() == first


@pytest.mark.parametrize("seed", [None, 5])
def test_a_generator_first_drawn_from_in_a_checkpoint(monkeypatch: pytest.MonkeyPatch, seed: int | None) -> None:
    monkeypatch.setattr(random_numbers, "_seed_of_all", seed)
    x = xp.ones(4, device="strict:1", requires_grad=True)
    out = xp.utils.checkpoint.checkpoint(lambda x: x * xp.rand(4, device="strict:1"), x)
    following = xp.random.get_state()
    out.sum().backward()
    assert x.grad.tolist() == out.tolist()
    after = xp.rand(4, device="strict:1").tolist()
    xp.random.set_state(following)
    assert xp.rand(4, device="strict:1").tolist() == after


def test_a_number_that_a_dtype_does_not_hold_is_compared_with_at_once() -> None:
    """Also if it is the first operand with the dtype of a backend."""
    x = xp.zeros(2, dtype=xp.int8, device="strict:1")
    assert (x < 1000).tolist() == [True] * 2


def test_in_place_and_views_on_the_standard_alone() -> None:
    x = xp.asarray([[1.0, 2.0], [3.0, 4.0]], device="strict").requires_grad_()
    y = x * 1
    row = y[0, :]
    z = (y * y).sum()
    row *= 10.0
    assert y.tolist() == [[10.0, 20.0], [3.0, 4.0]]
    (z + y.sum()).backward()
    assert x.grad.tolist() == [[12.0, 14.0], [7.0, 9.0]]


# --- nothing waits for values unless the user asks for them ---


def test_a_training_step_waits_for_what_was_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    xp.set_default_device("strict:1")
    xp.manual_seed(0)
    images, labels = xp.rand(16, 8), xp.randint(0, 3, (16,))
    weights = [xp.randn(8, 8).requires_grad_(), xp.zeros(8, requires_grad=True), xp.randn(8, 3).requires_grad_()]
    waits = Waits(monkeypatch)
    losses = []
    for _ in range(3):
        batch = xp.randperm(16)[:8]
        x = images[batch]
        x = xp.where(xp.rand(8, 8) < 0.9, x, 0.0) + xp.bernoulli(xp.full((8, 8), 0.1))
        hidden = xp.relu(x @ weights[0] + weights[1])
        scores = xp.log_softmax(hidden @ weights[2], axis=-1)
        loss = -xp.take_along_axis(scores, labels[batch][:, None], axis=1).mean()
        loss = loss + 1e-3 * xp.linalg.vector_norm(weights[0]) + xp.clip(weights[2], -1, 1).std()
        loss.backward()
        with xp.no_grad():
            for w in weights:
                w -= 0.1 * w.grad
                w.grad.zero_()
        losses.append(loss.detach())
    assert waits.count == 0
    losses[-1].item()
    assert waits.count == 1
    assert bool(losses[0] > losses[-1]) is not None
    assert waits.count == 2
    repr(loss)
    float(losses[0])
    assert waits.count == 4


def test_a_free_gauge_is_looked_for_where_waiting_is_free_or_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    xp.set_default_device("strict")

    def phases() -> xp.Tensor:
        x = xp.asarray([[1.0, 1.0j], [-1.0j, 3.0]]).requires_grad_()
        return xp.sum(xp.real(xp.linalg.eigh(x).eigenvectors))

    with pytest.warns(UserWarning, match="phases of the vectors"):
        phases().backward()
    waits = Waits(monkeypatch)
    phases().backward()
    assert waits.count == 0
    with xp.autograd.detect_anomaly(), pytest.warns(UserWarning, match="phases of the vectors"):
        phases().backward()
    assert waits.count > 0


def test_values_are_looked_at_where_that_is_free() -> None:
    with pytest.raises(ValueError, match="probabilities must be between 0 and 1"):
        xp.bernoulli(xp.asarray([2.0]))
    with pytest.raises(ValueError, match="not negative"):
        xp.multinomial(xp.asarray([-1.0, 1.0]), 1)


# --- what libraries lack ---

SPACE = pytest.mark.parametrize("space", [np, strict.array_api_strict], ids=["numpy", "strict"])


def _in(space: Any, x: Any) -> Any:
    return space.asarray(np.asarray(x))


@SPACE
def test_fallback_sign(space: Any) -> None:
    z = np.asarray([3 + 4j, 0j, -2j])
    np.testing.assert_allclose(np.asarray(fallbacks.sign(space, None, _in(space, z))), [0.6 + 0.8j, 0j, -1j], rtol=1e-15)
    reals = _in(space, np.asarray([-2.0, -0.0, np.nan, np.inf]))
    found = np.asarray(fallbacks.sign(space, lambda x: space.sign(space.where(x == x, x, 0 * space.ones_like(x))), reals))
    np.testing.assert_array_equal(found, [-1, 0, np.nan, 1])
    assert np.asarray(fallbacks.sign(space, space.sign, _in(space, np.asarray([-2, 0, 5])))).tolist() == [-1, 0, 1]


def test_fallback_remainder() -> None:
    values = np.asarray([-np.inf, -7.5, -3.0, -0.0, 0.0, 0.1, 3.0, 7.5, 1e300, np.inf, np.nan])
    a, b = np.meshgrid(values, values)
    with np.errstate(all="ignore"):
        found, expected = fallbacks.remainder(np, np.fmod, a, b), np.remainder(a, b)
    np.testing.assert_array_equal(found, expected)
    exact = ~np.isnan(expected)
    np.testing.assert_array_equal(np.signbit(found[exact]), np.signbit(expected[exact]))


def test_conversions_of_expanded_arrays_lie_row_by_row() -> None:
    assert numpy_backend.astype(np.broadcast_to(np.ones(3), (2, 3)), np.float32).flags.c_contiguous


def test_fallback_floor_divide() -> None:
    values = np.asarray([-np.inf, -7.5, -3.0, -0.1, -0.0, 0.0, 0.1, 0.7, 1.0, 3.0, 7.0, 1e300, np.inf, np.nan])
    a, b = np.meshgrid(values, values)
    with np.errstate(all="ignore"):
        found, expected = fallbacks.floor_divide(np, np.fmod, a, b), numpy_backend.floor_divide(a, b)
    np.testing.assert_array_equal(found, expected)
    exact = ~np.isnan(expected)
    np.testing.assert_array_equal(np.signbit(found[exact]), np.signbit(expected[exact]))


@pytest.mark.parametrize("name", ["expm1", "log1p"])
@pytest.mark.parametrize("dtype", [np.complex64, np.complex128])
def test_fallbacks_of_small_complex_numbers(name: str, dtype: Any) -> None:
    parts = np.asarray([-2.5, -1.0, -0.3, -1e-4, -0.0, 0.0, 1e-9, 1e-4, 0.3, 2.0, np.inf, -np.inf, np.nan])
    z = np.empty((parts.size, parts.size), dtype)
    z.real, z.imag = parts[:, None], parts[None, :]
    with np.errstate(all="ignore"):
        found = getattr(fallbacks, name)(np, z)
        a, b = z.real.astype(np.longdouble), z.imag.astype(np.longdouble)
        expected = np.empty(z.shape, np.clongdouble)
        if name == "log1p":
            near = a * a + b * b < 0.25  # of the two, the one without cancellation
            expected.real = np.where(near, np.log1p(a * (2 + a) + b * b) / 2, np.log(np.hypot(1 + a, b)))
            expected.imag = np.arctan2(b, 1 + a)
        else:
            expected[...] = np.expm1(z.astype(np.clongdouble))
        expected = expected.astype(dtype)
        finite = np.isfinite(z) & np.isfinite(expected)
        np.testing.assert_allclose(found[finite], expected[finite], rtol=8 * np.finfo(dtype).eps, atol=0)
        if name == "log1p":
            cut = z[(z.imag == 0) & (z.real < -1) & np.isfinite(z)]
            assert (np.sign(fallbacks.log1p(np, cut).imag) == np.where(np.signbit(cut.imag), -1, 1)).all()


@pytest.mark.parametrize("mode", ["full", "valid"])
@pytest.mark.parametrize("sizes", [(7, 3), (3, 7), (4, 4), (1, 5), (5, 1)])
def test_fallback_convolve(mode: str, sizes: tuple[int, int]) -> None:
    a, b = (np.random.default_rng(n).normal(size=n) for n in sizes)
    np.testing.assert_allclose(fallbacks.convolve(np, a, b, mode), np.convolve(a, b, mode), rtol=1e-13)


@SPACE
def test_fallback_pinv(space: Any) -> None:
    rng = np.random.default_rng(0)
    for shape in ((4, 3), (2, 3, 4), (3, 3), (0, 3), (2, 3, 0)):
        for z in (rng.normal(size=shape), rng.normal(size=shape) + 1j * rng.normal(size=shape)):
            found = np.asarray(fallbacks.pinv(space, _in(space, z), None))
            np.testing.assert_allclose(found, np.linalg.pinv(z), rtol=1e-9, atol=1e-12)
    low = np.outer([1.0, 2.0, 3.0], [1.0, 0.0, 1.0]) + 1e-9 * np.eye(3)
    for rtol in (1e-6, _in(space, 1e-6)):
        found = np.asarray(fallbacks.pinv(space, _in(space, low), rtol))
        np.testing.assert_allclose(found, np.linalg.pinv(low, rcond=1e-6), rtol=1e-7, atol=1e-12)


@pytest.mark.parametrize("dtype", [d.dtype for d in dtypes.SUPPORTED], ids=str)
@pytest.mark.parametrize("rest", ["zero", "negative zero", "number", "array", "transposed"])
def test_where_of_many_elements(dtype: Any, rest: str) -> None:
    rng = np.random.default_rng(0)
    x = rng.integers(0, 2**8, (100, 100 * dtype.itemsize), dtype=np.uint8).view(dtype)  # any bits, NaNs among them
    condition = rng.random(x.shape) < 0.5
    one = np.ones((), dtype)
    other = {"zero": one - one if dtype.kind != "b" else ~one, "negative zero": -(one - one) if dtype.kind in "fc" else one,
             "number": one, "array": x[::-1], "transposed": x.T}[rest]  # fmt: skip
    found = numpy_backend.where(condition, x, other)
    assert found.tobytes() == np.where(condition, x, other).tobytes()
    assert numpy_backend.owns_memory(found)


@pytest.mark.parametrize("rows", [1, 2, 7, 64, 65])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64])
def test_matmul_of_rows_and_a_transposed_matrix(rows: int, dtype: Any) -> None:
    rng = np.random.default_rng(0)
    x, w = (rng.integers(-9, 9, (n, 300)).astype(dtype) for n in (rows, 400))  # whose products are exact
    for left in (x, np.asfortranarray(x), x[:, ::-1]):
        found = numpy_backend.matmul(left, w.T)
        np.testing.assert_array_equal(found, np.matmul(left, w.T))
        assert found.flags.c_contiguous
        assert found.dtype == dtype
        assert numpy_backend.owns_memory(found)


@pytest.mark.parametrize("terms", [1, 2, 5])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.complex128, np.int16])
def test_matmul_of_many_elements(terms: int, dtype: Any) -> None:
    rng = np.random.default_rng(0)
    a, b = rng.integers(-9, 9, (300, terms)).astype(dtype), rng.integers(-9, 9, (terms, 400)).astype(dtype)
    expected = (a[:, :, None] * b[None]).sum(1, dtype=dtype)
    for left, right in (
        (a, b),
        (np.asfortranarray(a), b[:, ::-1][:, ::-1]),
        (np.repeat(a, 2, 0)[::2], np.asfortranarray(b)),
    ):
        found = numpy_backend.matmul(left, right)
        np.testing.assert_array_equal(found, expected)
        assert found.dtype == dtype
        assert numpy_backend.owns_memory(found)


def test_matmul_of_integers_that_float64_does_not_hold() -> None:
    """Sums of 3,000 products of 42 bits exceed float64's 53 bits; those of 10 do not."""
    a, b = (np.random.default_rng(i).integers(2**21 - 999, 2**21, shape) for i, shape in enumerate([(10, 3000), (3000, 9)]))
    expected = np.asarray([[sum(map(operator.mul, row, column)) for column in b.T.tolist()] for row in a.tolist()])
    np.testing.assert_array_equal(numpy_backend.matmul(a, b), expected)


def test_a_view_of_all_of_a_memory_owns_it_if_nothing_else_has_it() -> None:
    owns = numpy_backend.owns_memory
    base = np.ones((2, 3))
    view = base.T.reshape(3, 1, 2)
    assert not owns(view)
    del base
    assert owns(view)
    other = view[0]
    assert not owns(view)
    del other
    assert owns(view)
    part, real = np.ones((2, 3))[:1], np.ones(2, complex).real
    expanded, foreign = np.broadcast_to(np.ones((1, 3)), (1, 3)), np.frombuffer(bytearray(8))
    assert not any([owns(part), owns(real), owns(expanded), owns(foreign)])


@pytest.mark.parametrize("backend", [numpy_backend, strict], ids=lambda b: b.device_type)
@pytest.mark.parametrize(
    "shapes", [((), (2, 3)), ((2, 1), (2, 3)), ((1, 3), (2, 3)), ((1, 1), (200, 300)), ((), (0, 3)), ((), ())]
)
def test_spread(backend: Any, shapes: Any) -> None:
    have, wanted = shapes
    x = np.arange(float(np.prod(have))).reshape(have)
    found = backend.to_numpy(backend.spread(backend.asarray(x), wanted))
    np.testing.assert_array_equal(found, np.broadcast_to(x, wanted))


@SPACE
@pytest.mark.parametrize(
    "shapes", [((3, 3), (3,)), ((3, 3), (3, 2)), ((2, 1, 3, 3), (4, 3, 2)), ((2, 3, 3), (3,)), ((0, 0), (0, 2))]
)
def test_fallback_solve(space: Any, shapes: Any) -> None:
    rng = np.random.default_rng(0)
    a, b = (rng.normal(size=shape) for shape in shapes)

    def strictly(x1: Any, x2: Any) -> Any:
        assert x1.shape[:-2] == x2.shape[:-2], "CuPy's wants equal stacks"
        assert x1.ndim == x2.ndim
        return space.linalg.solve(x1, x2)

    expected = np.linalg.solve(a, b[:, None])[..., 0] if b.ndim == 1 else np.linalg.solve(a, b)
    np.testing.assert_allclose(np.asarray(fallbacks.solve(space, strictly, _in(space, a), _in(space, b))), expected)


@SPACE
def test_fallback_matrix_rank(space: Any) -> None:
    x = np.stack([np.eye(3), np.zeros((3, 3)), np.ones((3, 3)), np.diag([1.0, 1e-3, 0.0])])
    for rtol in (None, 1e-2):
        found = fallbacks.matrix_rank(space, _in(space, x), rtol)
        assert np.asarray(found).tolist() == np.linalg.matrix_rank(x, rtol=rtol).tolist()
    each = np.asarray([1e-2, 1e-2, 1e-2, 1e-4])
    assert np.asarray(fallbacks.matrix_rank(space, _in(space, x), _in(space, each))).tolist() == [3, 0, 1, 2]
    assert np.asarray(fallbacks.matrix_rank(space, _in(space, np.ones((2, 0, 3))), None)).tolist() == [0, 0]


@SPACE
@pytest.mark.parametrize("complexes", [False, True])
def test_fallback_cofactors(space: Any, complexes: bool) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 3, 3)) + (1j * rng.normal(size=(2, 3, 3)) if complexes else 0)
    x[1, :, 1] = x[1, :, 0]  # a singular one
    found = np.asarray(fallbacks.cofactors(space, _in(space, x)))
    np.testing.assert_allclose(found, numpy_backend.linalg.cofactors(x), atol=1e-12)
    np.testing.assert_allclose(found[0], np.linalg.det(x[0]) * np.linalg.inv(x[0]).T)


@pytest.mark.parametrize("dtype", [d.name for d in dtypes.STANDARD if d.kind != "b"])
def test_fallback_scatter_add(dtype: str) -> None:
    rng = np.random.default_rng(0)
    values = rng.integers(0 if dtype.startswith("u") else -50, 50, (5, 2)).astype(dtype)
    values = values + values * 1j if dtype.startswith("complex") else values

    def atomic(array: Any, key: Any, added: Any) -> None:
        assert array.dtype == added.dtype
        assert array.dtype.name in ("float32", "float64", "uint64"), "what GPUs can add atomically"
        np.add.at(array, key, added)

    key = (np.asarray([0, 2, 2, -1, 0]), slice(None))
    found = fallbacks.scatter_add(np, atomic, values.astype(dtype), key, (4, 2))
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, numpy_backend.scatter_add(values.astype(dtype), key, (4, 2)))


@SPACE
@pytest.mark.parametrize("shape", [(), (4,), (2, 3), (0, 2)], ids=str)
@pytest.mark.parametrize("rest", [(), (2,)], ids=str)
@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_fallback_scatter_by_mask(space: Any, shape: tuple[int, ...], rest: tuple[int, ...], share: float) -> None:
    rng = np.random.default_rng(0)
    mask = np.asarray(rng.uniform(size=shape) < share)
    values = rng.normal(size=(np.count_nonzero(mask), *rest))
    found = np.asarray(fallbacks.scatter_by_mask(space, _in(space, values), _in(space, mask)))
    np.testing.assert_array_equal(found, numpy_backend.scatter_add(values, mask, (*shape, *rest)))


@SPACE
@np.errstate(divide="ignore")  # by a weight of 0, whose time is infinite
def test_fallback_choice(space: Any) -> None:
    rng = np.random.default_rng(0)
    weights = np.asarray([0.0, 1.0, 3.0, 0.0, 4.0])
    drawn = np.asarray(
        fallbacks.choice(space, lambda shape: _in(space, rng.random(shape)), _in(space, weights), 20_000, True)
    )
    counts = np.bincount(drawn, minlength=5) / 20_000
    np.testing.assert_allclose(counts, weights / 8, atol=0.02)  # five standard deviations
    firsts = np.zeros(5)
    for _ in range(2000):
        some = np.asarray(
            fallbacks.choice(space, lambda shape: _in(space, rng.random(shape)), _in(space, weights), 3, False)
        )
        assert sorted(some.tolist()) == [1, 2, 4]
        firsts[some[0]] += 1 / 2000
    np.testing.assert_allclose(firsts, weights / 8, atol=0.06)


@SPACE
def test_fallback_empty_transform(space: Any) -> None:
    for x in (np.zeros((0, 3)), np.zeros((2, 0, 4), dtype=np.complex64)):
        raw = _in(space, x)
        for n in (None, 5):
            length = x.shape[-1] if n is None else n
            found = fallbacks.empty_transform(space, raw, (length,), (-1,), space.complex128)
            assert found.shape == np.fft.fft(x, n=n, axis=-1).shape
            real = fallbacks.empty_transform(space, raw, (length,), (-1,), space.complex128, True)
            assert real.shape == np.fft.rfft(np.real(x), n=n, axis=-1).shape
    with pytest.raises(ValueError, match="data points"):
        fallbacks.empty_transform(space, _in(space, np.zeros((2, 0))), (0,), (1,), space.complex128)


# --- a backend that computes on a current device, as CuPy does with several GPUs ---


class _Watched:
    """array_api_strict's backend, with functions that require the device of their arrays to be current."""

    def __init__(self) -> None:
        self.current: list[Any] = [strict._RAW[0]]
        self.use_device = self._use_device
        self.linalg, self.fft = (self._watch_all(getattr(strict, name)) for name in ("linalg", "fft"))
        strict.Array.__iadd__ = self._watch("iadd", strict.Array.__iadd__)

    def __getattr__(self, name: str) -> Any:
        value = getattr(strict, name)
        return self._watch(name, value) if name in STANDARD | {"getitem", "scatter_add", "index_put", "einsum"} else value

    def _watch_all(self, space: Any) -> Any:
        return SimpleNamespace(**{n: self._watch(n, f) for n, f in vars(space).items() if callable(f)})

    def _watch(self, name: str, function: Any) -> Any:
        if not callable(function) or name in ("asarray", "astype"):  # CuPy's backend handles the device in these
            return function

        def call(*args: Any, **kwargs: Any) -> Any:
            for x in args:
                for part in x if isinstance(x, (tuple, list)) else (x,):
                    if isinstance(part, strict.Array):
                        assert part.device == self.current[-1], f"{name} on {part.device}, current is {self.current[-1]}"
            return function(*args, **kwargs)

        return call

    @contextmanager
    def _use_device(self, *arrays: Any) -> Iterator[None]:
        if len({str(a.device) for a in arrays}) > 1:
            raise ValueError("arrays on several devices")
        self.current.append(arrays[0].device if arrays else self.current[-1])
        yield
        self.current.pop()


def test_functions_and_rules_run_on_the_device_of_their_arrays() -> None:
    # In a separate process: operations cache functions by array type.
    code = (
        "from tests.test_backends import _Watched, strict, backends\n"
        "import arrayad as xp\n"
        "strict.register()\n"
        "backends.register(_Watched())\n"
        "x = xp.asarray([[2.0, 1.0], [1.0, 3.0]], device='strict:1').requires_grad_()\n"
        "y = xp.linalg.inv(x) @ x.mT + xp.exp(x[0, :]) * x.sum(axis=0)\n"
        "z = xp.concat([y, xp.where(x > 1, x, x * x)]).to('strict:2')\n"
        "z[0, 0] = 3.0\n"
        "z += xp.linalg.svdvals(z).max() * z.std()\n"
        "z.prod().to('strict:1').backward()\n"
        "assert str(x.grad.device) == 'strict:1' and xp.all(xp.isfinite(x.grad))\n"
        "(g,) = xp.autograd.grad((x.to('strict:2') ** 3).sum(), x, create_graph=True)\n"
        "g.sum().backward()\n"
        "h = x.detach() * 2\n"
        "h += 1.0\n"
        "try: x + z[:2, :]\n"
        "except RuntimeError as e: assert 'same device' in str(e)\n"
        "else: raise AssertionError\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("odd", [None, 0.0, np.nan, np.inf, 1e30, 1e200])
def test_cofactors_of_many_matrices_of_three_rows(dtype: Any, odd: float | None) -> None:
    x = np.random.default_rng(0).standard_normal((50, 3, 3))
    x[7] = x[7] if odd is None else odd
    x[8, 1] = x[8, 0]  # a singular one
    with np.errstate(all="ignore"):
        x = x.astype(dtype)
        found, expected = numpy_backend.linalg.cofactors(x), fallbacks.cofactors(np, x)
    assert found.dtype == x.dtype
    rest = np.arange(50) != 7
    np.testing.assert_allclose(found[rest], expected[rest], atol=20 * np.finfo(dtype).eps)
    if np.isfinite(x).all():  # products of singular values may overflow where those of elements do not: by rounding
        assert not (np.isnan(found) & ~np.isnan(expected)).any()
    else:
        np.testing.assert_array_equal(np.isnan(found), np.isnan(expected))
    if odd is None or odd == 0:
        np.testing.assert_allclose(found[7], expected[7], atol=20 * np.finfo(dtype).eps)


_ROWS, _COLUMNS = np.arange(140)[:, None], np.random.default_rng(0).integers(0, 160, (140, 160))


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize(
    ("key", "fast"),
    [
        ((_ROWS, _COLUMNS), True),
        ((_ROWS.astype(np.uint64), _COLUMNS.astype(np.uint8)), True),
        ((np.asarray([[3], [3]]), np.tile(np.arange(160), 110)), True),
        ((_ROWS, _COLUMNS - 3), False),  # from the end
        ((_ROWS[:, 0] > 3, slice(None)), False),
        ((_ROWS[:, 0], slice(1, 3)), False),
        ((_ROWS, 2), False),
        ((_ROWS, [1, 2]), False),
        (_ROWS, False),
    ],
    ids=str,
)
def test_many_elements_by_their_places(key: Any, fast: bool, order: Any) -> None:
    """`numpy_backend` compared with NumPy's general ways, which accept every key."""
    assert (numpy_backend._places(np.zeros((140, 160)), key) is not None) == fast
    x = np.random.default_rng(1).standard_normal((140, 160)).astype(np.float32, order=order)
    np.testing.assert_array_equal(numpy_backend.getitem(x, key), x[key])
    for values in (np.arange(x[key].size, dtype=np.float32).reshape(x[key].shape), np.float32(2)):
        expected = x.copy()
        expected[key] = values
        np.testing.assert_array_equal(numpy_backend.index_put(x, key, values), expected)
        expected, found = np.zeros_like(x), np.zeros_like(x)
        np.add.at(expected, key, values)
        numpy_backend.add_at(found, key, np.asarray(values))
        np.testing.assert_allclose(found, expected)


@pytest.mark.parametrize("dtype", [np.float32, np.complex64])
@pytest.mark.parametrize("columns", [2, 3, 10, 64, 70])
def test_sums_of_many_rows_keep_their_digits(columns: int, dtype: Any) -> None:
    """NumPy adds row by row, and after 50,000 rows the fourth digit is wrong."""
    x = np.full((50_000, columns), 0.1, dtype)
    for given, axis in ((x, 0), (x, -2), (x.T, 1), (np.asfortranarray(x), 0)):
        for keepdims in (False, True):
            out = numpy_backend.sum(given, axis=axis, keepdims=keepdims, dtype=dtype if keepdims else None)
            assert (out.dtype, out.shape) == (dtype, np.sum(given, axis=axis, keepdims=keepdims).shape)
            np.testing.assert_allclose(out, 5_000, rtol=1e-5)
    for initial in (False, True):
        out = numpy_backend.cumulative_sum(x, axis=0, include_initial=initial)
        assert out.dtype == dtype
        np.testing.assert_allclose(out[-1], 5_000, rtol=1e-6)


@pytest.mark.parametrize("axis", [0, 1, 2, -1])
def test_many_elements_along_an_axis(axis: int) -> None:
    rng = np.random.default_rng(2)
    x = rng.standard_normal((20, 30, 30))
    longer = tuple(35 if i == axis % 3 else n for i, n in enumerate(x.shape))
    for shape in (x.shape, longer, (1, 16384, 1) if axis == 1 else x.shape):
        indices = rng.integers(-20, 20, shape)
        for given in (indices, indices % 20, (indices % 20).astype(np.uint8)):
            expected = np.take_along_axis(x, given, axis=axis)
            np.testing.assert_array_equal(numpy_backend.take_along_axis(x, given, axis=axis), expected)
    with pytest.raises(IndexError, match="must be an integer array"):
        numpy_backend.take_along_axis(x, x > 0, axis=axis)


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ((_ROWS, _COLUMNS + 1), "index 160 is out of bounds"),
        ((_ROWS[:139], _COLUMNS), "could not be broadcast"),
        ((_ROWS, _COLUMNS.astype(float)), "must be of integer"),
    ],
    ids=str,
)
def test_many_elements_that_are_not_there(key: Any, words: str) -> None:
    x = np.zeros((140, 160))
    for call in (lambda: numpy_backend.getitem(x, key), lambda: numpy_backend.setitem(x, key, 1.0)):
        with pytest.raises(IndexError, match=words):
            call()


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (1, 1), (3, 5), (5, 3), (2, 4, 4), (65, 64)])
@pytest.mark.parametrize("dtype", ["bool", "uint8", "float16", "float32", "complex128"])
def test_triangles(shape: tuple[int, ...], dtype: str) -> None:
    x = np.random.default_rng(0).integers(1, 9, shape).astype(dtype)
    if dtype == "float32" and x.size:
        x[..., 0, -1] = np.nan  # is left out as well
    for k in (-70, -2, -1, 0, 1, 2, np.int64(3), 70):
        for name in ("tril", "triu"):
            found, expected = getattr(numpy_backend, name)(x, k=k), getattr(np, name)(x, k)
            assert found.dtype == expected.dtype
            np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("special", [[], [math.inf, -math.inf], [math.nan]])
def test_logaddexp_of_many(dtype: str, special: list[float]) -> None:
    values = np.asarray([0.0, -0.0, 1.0, 700.0, -745.0, 1e-3, *special], dtype)
    x1, x2 = (np.ascontiguousarray(x) for x in np.meshgrid(np.tile(values, 8), np.tile(values, 8)))
    for first, second in ((x1, x2), (x1, x2[:, :1]), (x1, np.asarray(0, dtype)), (x1[:2, :2], x2[:2, :2])):
        with np.errstate(invalid="ignore" if np.isnan(values).any() else "raise"):  # NumPy warns of NaN
            found, expected = numpy_backend.logaddexp(first, second), np.logaddexp(first, second)
        np.testing.assert_allclose(found, expected, rtol=4 * float(np.finfo(dtype).eps))
        assert found.dtype == dtype


# --- where NumPy departs from the standard ---


@pytest.mark.parametrize("exponent", [0.5, xp.asarray(0.5), xp.asarray([0.5])])
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_roots_as_powers(exponent: Any) -> None:
    """As in the standard; NumPy agrees only for exponents of the shape of the base."""
    x = xp.asarray([-math.inf, -0.0, 0.0, 4.0, -4.0, math.nan, math.inf])
    y = xp.asarray(x, copy=True)
    y **= exponent
    for found in (x**exponent, xp.pow(x, exponent), y):
        np.testing.assert_array_equal(found.numpy(), [math.inf, 0.0, 0.0, 2.0, math.nan, math.nan, math.inf])
        assert not np.signbit(found.numpy()[1])
    assert xp.asarray(-math.inf) ** 0.5 == math.inf
    many = xp.ones(200) * -math.inf
    assert (many**exponent == math.inf).all()
    assert xp.pow(xp.zeros((0, 3)), exponent).shape == (0, 3)
    assert xp.pow(many, xp.asarray([[0.5]])).shape == (1, 200)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("times", [1, 1000])
def test_sorted_zeros_keep_their_order(dtype: str, times: int) -> None:
    x = xp.asarray([0.0, -0.0, 1.0, -0.0, math.nan, 0.0] * times, dtype=getattr(xp, dtype))
    for descending in (False, True):
        found, order = xp.sort(x, descending=descending), xp.argsort(x, descending=descending)
        np.testing.assert_array_equal(np.signbit(found.numpy()), np.signbit(xp.take(x, order).numpy()))


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
@pytest.mark.filterwarnings("ignore:(divide by zero|invalid value):RuntimeWarning")
def test_complex_numbers_as_the_standard_has_them(dtype: str) -> None:
    """Where NumPy differs."""
    inf, nan = math.inf, math.nan
    missing = complex(nan, nan)
    cases = {
        xp.sign: {complex(inf, nan): missing, complex(nan, inf): missing, 3 + 4j: 0.6 + 0.8j, 0j: 0j},
        xp.reciprocal: {2 + 0j: 0.5 + 0j, 0j: complex(inf, nan)},
        xp.expm1: {complex(-inf, 2): -1 + 0j, complex(inf, 0): complex(inf, 0), complex(nan, 0): complex(nan, 0)},
        xp.tanh: {complex(inf, 2): 1 + 0j, complex(-inf, 2): -1 + 0j},
        xp.tan: {complex(2, inf): 1j, complex(-2, -inf): complex(-0.0, -1)},
        xp.log1p: {1e-20 + 1e-20j: 1e-20 + 1e-20j, 1e-10 + 0j: 9.9999999995e-11 + 0j},
    }
    for function, values in cases.items():
        found = function(xp.asarray(list(values), dtype=getattr(xp, dtype))).numpy()
        expected = np.asarray(list(values.values()), dtype)
        np.testing.assert_allclose(found.view(found.real.dtype), expected.view(found.real.dtype), rtol=1e-6)
        for part, zero in ((found.real, expected.real), (found.imag, expected.imag)):
            assert (np.signbit(part) == np.signbit(zero))[zero == 0].all()
    mean = xp.mean(xp.asarray([complex(inf, 1), 2 + 3j], dtype=getattr(xp, dtype))).item()
    assert mean == complex(inf, 2)

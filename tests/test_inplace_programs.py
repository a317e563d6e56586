"""Random programs of views, in-place and out-of-place operations, compared with a functional reference interpreter.

The reference keeps, for each memory, its values, and for each history on it, the Jacobian of every element with respect to
all leaves: forward accumulation, with no tape to break. A tensor is an array of positions in a memory. Whatever is written
where and when, values and gradients must agree.

ARRAYAD_PROGRAMS sets how many programs are run (20,000 for a thorough run).
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, precondition, rule

import arrayad as xp

# Numbers may grow out of range; what happens then is not checked.
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")

COLUMNS = 24  # room for the elements of all leaves


@dataclass(eq=False)
class Memory:
    values: np.ndarray
    shown: list[tuple[np.ndarray, np.ndarray]] = field(default_factory=list)  # NumPy arrays on it, and their positions
    written: bool = False  # since it was first exported, so that the tape may have lost what it saved


@dataclass(eq=False)
class History:
    """The history of a base and its views: the Jacobian of each element of the memory."""

    jacobian: np.ndarray
    leaf: bool = False
    tracked: bool = False


@dataclass(eq=False)
class Reference:
    """A tensor: positions in a memory, with a history."""

    memory: Memory
    history: History
    places: np.ndarray
    writeable: bool = True

    @property
    def values(self) -> np.ndarray:
        return self.memory.values[self.places]

    @property
    def jacobian(self) -> np.ndarray:
        return self.history.jacobian[self.places]

    def write(self, values: np.ndarray, jacobian: np.ndarray, tracked: bool, record: bool) -> None:
        self.memory.values[self.places] = values
        self.memory.written = bool(self.memory.shown)
        if record:
            self.history.jacobian[self.places] = jacobian
            self.history.tracked = self.history.tracked or tracked

    def seen(self, view: Any) -> Reference:
        return Reference(self.memory, self.history, view(self.places), self.writeable)


def fresh(values: np.ndarray, jacobian: np.ndarray, tracked: bool) -> Reference:
    history = History(jacobian.reshape(-1, COLUMNS).copy(), tracked=tracked)
    return Reference(Memory(values.reshape(-1).copy()), history, np.arange(values.size).reshape(values.shape))


# name -> value and partial derivative of each argument
UNARY = {
    "sin": (np.sin, lambda x, out: np.cos(x)),
    "cos": (np.cos, lambda x, out: -np.sin(x)),
    "tanh": (np.tanh, lambda x, out: 1 - out**2),
    "neg": (np.negative, lambda x, out: -np.ones_like(x)),
}
BINARY = {
    "add": (np.add, lambda a, b: (np.ones_like(a + b), np.ones_like(a + b))),
    "sub": (np.subtract, lambda a, b: (np.ones_like(a + b), -np.ones_like(a + b))),
    "mul": (np.multiply, lambda a, b: (b + 0 * a, a + 0 * b)),
    "logaddexp": (np.logaddexp, lambda a, b: (1 / (1 + np.exp(b - a)), 1 / (1 + np.exp(a - b)))),
}
VIEWS = {
    "row": (lambda x: x[0], 1),
    "last": (lambda x: x[..., -1], 1),
    "every-other": (lambda x: x[::2], 1),
    "backward": (lambda x: x[::-1], 1),
    "middle": (lambda x: x[1:], 1),
    "new-axis": (lambda x: x[:, None], 1),
    "transposed": (lambda x: x.T, 2),
    "flat": (lambda x: x.reshape(-1), 1),
    "unstacked": (lambda x: x[0] if isinstance(x, np.ndarray) else xp.unstack(x)[0], 1),
    "diagonal": (lambda x: np.diagonal(x) if isinstance(x, np.ndarray) else xp.linalg.diagonal(x), 2),
}
KEYS: dict[str, tuple[Any, int]] = {
    "ellipsis": (..., 0),
    "first": (0, 1),
    "slice": (slice(0, 2), 1),
    "column": ((slice(None), 0), 2),
    "integers": (np.asarray([1, 0]), 1),
    "mask": ("mask", 1),  # made to fit
}


def key_for(name: str, shape: tuple[int, ...]) -> Any:
    key = KEYS[name][0]
    return np.arange(shape[0]) % 2 == 0 if isinstance(key, str) else key


def key_into(name: str, x: Reference) -> tuple[Any, Reference | None]:
    """A key, and the part of a tensor that it selects; None if it does not fit."""
    if x.places.ndim < KEYS[name][1] or x.places.size == 0 or (name == "integers" and len(x.places) < 2):
        return None, None
    key = key_for(name, x.places.shape)
    return key, x.seen(lambda places: places[key])


def apply_unary(name: str, x: Reference) -> tuple[np.ndarray, np.ndarray]:
    out = UNARY[name][0](x.values)
    return out, UNARY[name][1](x.values, out)[..., None] * x.jacobian


def apply_binary(name: str, a: Reference, b: Reference) -> tuple[np.ndarray, np.ndarray]:
    values = BINARY[name][0](a.values, b.values)
    da, db = BINARY[name][1](a.values, b.values)
    return values, da[..., None] * _align(a.jacobian, values.ndim) + db[..., None] * _align(b.jacobian, values.ndim)


def _align(jacobian: np.ndarray, ndim: int) -> np.ndarray:
    """With axes in front, as in broadcasting."""
    return jacobian.reshape((1,) * (ndim + 1 - jacobian.ndim) + jacobian.shape)


class Programs(RuleBasedStateMachine):
    """A program and its reference, run side by side; a variable is a tensor and its reference."""

    variables: Any = Bundle("variables")

    def __init__(self) -> None:
        super().__init__()
        self.used = 0
        self.leaves: list[tuple[xp.Tensor, int]] = []
        self.live: list[tuple[xp.Tensor, Reference]] = []
        self.memories: set[Memory] = set()
        self.rng = np.random.default_rng(0)

    def _new(self, tensor: xp.Tensor, reference: Reference) -> Any:
        self.live.append((tensor, reference))
        self.memories.add(reference.memory)
        return (tensor, reference)

    @rule(target=variables, shape=st.sampled_from([(3,), (2, 3), (3, 3), ()]), tracked=st.booleans())
    def make(self, shape: tuple[int, ...], tracked: bool) -> Any:
        values = self.rng.uniform(0.5, 1.5, shape)
        size = values.size
        tracked = tracked and self.used + size <= COLUMNS
        jacobian = np.zeros((size, COLUMNS))
        tensor = xp.asarray(values, copy=True)
        if tracked:
            jacobian[np.arange(size), self.used + np.arange(size)] = 1
            tensor.requires_grad_()
            self.leaves.append((tensor, self.used))
            self.used += size
        reference = fresh(values, jacobian, tracked)
        reference.history.leaf = tracked
        return self._new(tensor, reference)

    @rule(target=variables, name=st.sampled_from(sorted(UNARY)), x=variables)
    def unary(self, name: str, x: Any) -> Any:
        return self._new(getattr(x[0], name)(), fresh(*apply_unary(name, x[1]), x[1].history.tracked))

    @rule(target=variables, name=st.sampled_from(sorted(BINARY)), x=variables, y=variables)
    def binary(self, name: str, x: Any, y: Any) -> Any:
        try:
            np.broadcast_shapes(x[1].places.shape, y[1].places.shape)
        except ValueError:
            return multiple()
        tracked = x[1].history.tracked or y[1].history.tracked
        return self._new(getattr(x[0], name)(y[0]), fresh(*apply_binary(name, x[1], y[1]), tracked))

    @rule(target=variables, name=st.sampled_from(sorted(VIEWS)), x=variables)
    def view(self, name: str, x: Any) -> Any:
        see, rank = VIEWS[name]
        tensor, reference = x
        if (
            reference.places.size == 0
            or reference.places.ndim < rank
            or (name in ("transposed", "diagonal") and reference.places.ndim != 2)
        ):
            return multiple()
        out = see(tensor)
        if name == "flat" and not np.shares_memory(out._array, tensor._array):  # a copy, if the layout requires one
            return self._new(
                out, fresh(see(reference.values), reference.jacobian.reshape(-1, COLUMNS), reference.history.tracked)
            )
        return self._new(out, reference.seen(see))

    @rule(target=variables, x=variables)
    def detach(self, x: Any) -> Any:
        tensor, reference = x
        history = History(np.zeros_like(reference.history.jacobian))
        return self._new(tensor.detach(), Reference(reference.memory, history, reference.places))

    @rule(target=variables, x=variables)
    def clone(self, x: Any) -> Any:
        return self._new(x[0].clone(), fresh(x[1].values, x[1].jacobian, x[1].history.tracked))

    @rule(name=st.sampled_from(sorted(UNARY)), x=variables, record=st.booleans())
    def unary_in_place(self, name: str, x: Any, record: bool) -> None:
        tensor, reference = x
        if record and reference.history.leaf:
            return
        values, jacobian = apply_unary(name, reference)
        with xp.set_grad_enabled(record):
            assert getattr(tensor, f"{name}_")() is tensor
        reference.write(values, jacobian, False, record)

    @rule(name=st.sampled_from(sorted(BINARY)), x=variables, y=variables, record=st.booleans())
    def binary_in_place(self, name: str, x: Any, y: Any, record: bool) -> None:
        tensor, reference = x
        shape = reference.places.shape
        try:
            fits = np.broadcast_shapes(shape, y[1].places.shape) == shape
        except ValueError:
            fits = False
        if not fits or (record and reference.history.leaf):
            return
        values, jacobian = apply_binary(name, reference, y[1])
        with xp.set_grad_enabled(record):
            assert getattr(tensor, f"{name}_")(y[0]) is tensor
        reference.write(values, jacobian, y[1].history.tracked, record)

    @rule(name=st.sampled_from(sorted(KEYS)), x=variables, y=variables, record=st.booleans())
    def assign(self, name: str, x: Any, y: Any, record: bool) -> None:
        tensor, reference = x
        key, target = key_into(name, reference)
        if target is None or (record and reference.history.leaf):
            return
        shape, value = target.places.shape, y[1]
        try:
            fits = np.broadcast_shapes(shape, value.places.shape) == shape
        except ValueError:
            fits = False
        if not fits:
            return
        values = np.broadcast_to(value.values, shape).copy()
        jacobian = np.broadcast_to(_align(value.jacobian, len(shape)), (*shape, COLUMNS)).copy()
        with xp.set_grad_enabled(record):
            tensor[xp.asarray(key) if isinstance(key, np.ndarray) else key] = y[0]
        target.write(values, jacobian, value.history.tracked, record)

    @rule(
        name=st.sampled_from(["add", "sub", "mul"]), x=variables, number=st.sampled_from([0.5, 1.25]), record=st.booleans()
    )
    def number_in_place(self, name: str, x: Any, number: float, record: bool) -> None:
        tensor, reference = x
        if record and reference.history.leaf:
            return
        values, jacobian = apply_binary(name, reference, fresh(np.asarray(number), np.zeros(COLUMNS), False))
        with xp.set_grad_enabled(record):
            assert getattr(tensor, f"{name}_")(number) is tensor
        reference.write(values, jacobian, False, record)

    @rule(name=st.sampled_from(sorted(KEYS)), x=variables, number=st.sampled_from([0.5, 1.25]), record=st.booleans())
    def scale_at(self, name: str, x: Any, number: float, record: bool) -> None:
        tensor, reference = x
        key, target = key_into(name, reference)
        if target is None or (record and reference.history.leaf):
            return
        values, jacobian = target.values * number, target.jacobian * number
        with xp.set_grad_enabled(record):
            tensor[xp.asarray(key) if isinstance(key, np.ndarray) else key] *= number
        target.write(values, jacobian, False, record)

    @rule(x=variables, y=variables, record=st.booleans())
    def add_rows(self, x: Any, y: Any, record: bool) -> None:
        tensor, reference = x
        shape = reference.places.shape
        if not shape or not shape[0] or (record and reference.history.leaf) or y[1].places.shape != (2, *shape[1:]):
            return
        rows = np.asarray([shape[0] - 1, shape[0] - 1])
        values, jacobian = reference.values.copy(), reference.jacobian.copy()
        np.add.at(values, rows, y[1].values)
        np.add.at(jacobian, rows, y[1].jacobian)
        with xp.set_grad_enabled(record):
            assert tensor.index_add_(0, xp.asarray(rows), y[0]) is tensor
        reference.write(values, jacobian, y[1].history.tracked, record)

    @rule(x=variables)
    def show(self, x: Any) -> None:
        tensor, reference = x
        reference.memory.shown.append((tensor.detach().numpy(), reference.places))

    @rule(x=variables, number=st.sampled_from([0.5, 1.25]))
    def fill(self, x: Any, number: float) -> None:
        tensor, reference = x
        if reference.history.leaf:
            return
        tensor.fill_(number)
        reference.write(np.full(reference.places.shape, number), np.zeros_like(reference.jacobian), False, True)

    @rule(x=consumes(variables))
    def forget(self, x: Any) -> None:
        """The program drops a tensor; results computed from it stay."""
        self.live = [pair for pair in self.live if pair[0] is not x[0]]

    @invariant()
    def values_agree(self) -> None:
        for tensor, reference in self.live:
            np.testing.assert_allclose(tensor.detach()._array, reference.values, rtol=1e-9)
            for array, places in reference.memory.shown:
                np.testing.assert_allclose(array, reference.memory.values[places], rtol=1e-9)

    @precondition(lambda self: self.leaves)
    @rule()
    def gradients_agree(self) -> None:
        if not all(np.isfinite(reference.values).all() for _, reference in self.live):
            return  # numbers have grown out of range
        total: Any = None
        expected = np.zeros(COLUMNS)
        for tensor, reference in self.live:
            if not tensor.requires_grad:
                assert not reference.jacobian.any()
                continue
            weights = np.random.default_rng(len(expected)).uniform(-1, 1, reference.places.shape)
            # Transposed, so that the memory layout of the cotangent differs from every base's.
            axes = tuple(reversed(range(weights.ndim)))
            part = (xp.permute_dims(tensor, axes) * xp.asarray(weights.T.copy())).sum()
            total = part if total is None else total + part
            expected += (weights[..., None] * reference.jacobian).reshape(-1, COLUMNS).sum(axis=0)
        if total is None:
            return
        leaves = [leaf for leaf, _ in self.leaves]
        try:
            found = xp.autograd.grad(total, leaves, retain_graph=True, materialize_grads=True)
        except RuntimeError as error:
            if "shared with another library" in str(error) and any(memory.written for memory in self.memories):
                return  # memory that could not move was written into
            raise
        for g, (leaf, start) in zip(found, self.leaves, strict=True):
            np.testing.assert_allclose(
                g.numpy(force=True).reshape(-1), expected[start : start + leaf.numel()], rtol=1e-6, atol=1e-9
            )

    def teardown(self) -> None:
        if self.leaves:
            self.gradients_agree()


TestPrograms = Programs.TestCase
TestPrograms.settings = settings(
    max_examples=int(os.environ.get("ARRAYAD_PROGRAMS", "300")),
    stateful_step_count=14,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)

"""The libraries that are compared, each wrapped in the few calls that a workload needs.

Workloads are written once, over a contestant's namespace `xp`, in names that all of them have. They differ in how to request
a gradient: arrayad, torch and mygrad have ``backward()``, HIPS autograd and JAX transform functions.
"""

from __future__ import annotations

import importlib
import importlib.util
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Array = np.ndarray[Any, Any]
    Loss = Callable[..., Any]  # of a contestant, the arrays to differentiate with respect to, and data
    Step = Callable[[], Sequence[Any]]  # the timed function; returns its results


class Imperative:
    """arrayad and torch, which share their names."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.xp: Any = importlib.import_module(name)
        self.version: str = self.xp.__version__
        self.erf: Any = self.xp.special.erf

    def softmax(self, x: Any) -> Any:
        """Along the last axis."""
        return self.xp.softmax(x, -1)

    def diagonal(self, x: Any) -> Any:
        """Of a matrix."""
        return self.xp.linalg.diagonal(x)

    def solve_lower(self, x: Any, y: Any) -> Any:
        """With the lower triangle of a matrix."""
        return self.xp.linalg.solve_triangular(x, y, upper=False)

    def array(self, value: Array) -> Any:
        """A tensor with the values of an array."""
        return self.xp.asarray(value)

    def leaf(self, value: Array) -> Any:
        """A tensor that requires a gradient."""
        return self.array(value.copy()).requires_grad_()

    def numpy(self, x: Any) -> Array:
        """An array with the values of a tensor."""
        return x.detach().numpy()

    def gradient(self, loss: Loss, by: Sequence[Array], *data: Array) -> Step:
        """A step that differentiates ``loss(self, *by, *data)`` with respect to the arrays in `by`."""
        leaves, constants = [self.leaf(a) for a in by], [self.array(a) for a in data]

        def step() -> list[Any]:
            for leaf in leaves:
                self.forget(leaf)
            loss(self, *leaves, *constants).backward()
            return [leaf.grad for leaf in leaves]

        return step

    def forget(self, leaf: Any) -> None:
        """Clear a gradient."""
        leaf.grad = None

    def descent(self, loss: Loss, parameters: Sequence[Array], *data: Array, rate: float = 0.01) -> Step:
        """A step of gradient descent from `parameters`; returns the loss before it."""
        leaves, constants = [self.leaf(a) for a in parameters], [self.array(a) for a in data]

        def step() -> list[Any]:
            value = loss(self, *leaves, *constants)
            value.backward()
            self.move(leaves, rate)
            return [value]

        return step

    def move(self, leaves: Sequence[Any], rate: float) -> None:
        """Take a step along the negative gradients, and clear them."""
        with self.xp.no_grad():
            for p in leaves:
                p -= rate * p.grad
                p.grad = None

    def hvp(self, loss: Loss, by: Sequence[Array], along: Sequence[Array], *data: Array) -> Step:
        """A step that computes the product of the Hessian with the vectors `along`: reverse mode twice."""
        leaves, vectors = [self.leaf(a) for a in by], [self.array(a) for a in along]
        constants = [self.array(a) for a in data]
        grad = self.xp.autograd.grad

        def step() -> list[Any]:
            gradients = grad(loss(self, *leaves, *constants), leaves, create_graph=True)
            return list(grad(sum((g * v).sum() for g, v in zip(gradients, vectors, strict=True)), leaves))

        return step

    def hvp_forward(self, loss: Loss, by: Sequence[Array], along: Sequence[Array], *data: Array) -> Step:
        """The same, by forward over reverse mode."""
        variables, vectors = (tuple(self.array(a) for a in arrays) for arrays in (by, along))
        constants, func = [self.array(a) for a in data], self.xp.func
        slope = func.grad(lambda *variables: loss(self, *variables, *constants), argnums=tuple(range(len(by))))
        return lambda: list(func.jvp(slope, variables, vectors)[1])


class Mygrad(Imperative):
    """mygrad: NumPy's names, and no second order."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.xp = importlib.import_module(name)
        self.version = self.xp.__version__

    def softmax(self, x: Any) -> Any:
        """Along the last axis."""
        return self.xp.nnet.softmax(x, axis=-1)

    def array(self, value: Array) -> Any:
        """A constant; for conditions and indices, the array itself."""
        return self.xp.tensor(value, constant=True) if value.dtype.kind == "f" else value

    def leaf(self, value: Array) -> Any:
        """A tensor that requires a gradient; its memory is locked until backward."""
        return self.xp.tensor(value.copy())

    def numpy(self, x: Any) -> Array:
        """The array inside, or the argument itself: gradients are arrays."""
        return x if isinstance(x, np.ndarray) else x.data

    def forget(self, leaf: Any) -> None:
        """Clear a gradient."""
        leaf.null_grad()

    def move(self, leaves: Sequence[Any], rate: float) -> None:
        """Take a step along the negative gradients; they are cleared when the tensors are next used."""
        for p in leaves:
            p.data -= rate * p.grad


class Functional:
    """HIPS autograd, and JAX, compiled as its users would compile it."""

    def __init__(self, name: str) -> None:
        self.name = name
        package = importlib.import_module(name)
        self.xp: Any = importlib.import_module("jax.numpy" if name == "jax" else "autograd.numpy")
        self.special: Any = importlib.import_module(f"{name}.scipy.special")
        self.linalg: Any = importlib.import_module(f"{name}.scipy.linalg")
        self.erf: Any = self.special.erf
        self.version = importlib.metadata.version(name)
        self._grad: Any = package.grad
        self._value_and_grad: Any = package.value_and_grad
        self._compile: Any = lambda function: function
        self._jvp: Any = lambda function, x, t: package.make_jvp(function)(x)(t)[1]
        if name == "jax":
            self._jvp = lambda function, x, t: package.jvp(function, (x,), (t,))[1]
            package.config.update("jax_enable_x64", True)
            self._compile = package.jit

    def array(self, value: Array) -> Any:
        """An array of the library."""
        return self.xp.asarray(value)

    def numpy(self, x: Any) -> Array:
        """The NumPy array."""
        return np.asarray(x)

    def softmax(self, x: Any) -> Any:
        """Along the last axis."""
        return self.xp.exp(x - self.special.logsumexp(x, axis=-1, keepdims=True))

    def diagonal(self, x: Any) -> Any:
        """Of a matrix."""
        return self.xp.diagonal(x, 0, -1, -2)  # the only form that HIPS autograd differentiates

    def solve_lower(self, x: Any, y: Any) -> Any:
        """With the lower triangle of a matrix."""
        return self.linalg.solve_triangular(x, y, lower=True)

    def _step(self, function: Any, by: Sequence[Array], data: Sequence[Array]) -> Step:
        variables, constants = [self.array(a) for a in by], [self.array(a) for a in data]
        function = self._compile(function)
        return lambda: _finished(function(variables, *constants))

    def gradient(self, loss: Loss, by: Sequence[Array], *data: Array) -> Step:
        """Like `Imperative.gradient`."""
        return self._step(self._grad(lambda variables, *rest: loss(self, *variables, *rest)), by, data)

    def descent(self, loss: Loss, parameters: Sequence[Array], *data: Array, rate: float = 0.01) -> Step:
        """Like `Imperative.descent`."""
        state, constants = [self.array(a) for a in parameters], [self.array(a) for a in data]
        differentiate = self._value_and_grad(lambda variables, *rest: loss(self, *variables, *rest))

        def update(variables: Any, *rest: Any) -> Any:
            value, gradients = differentiate(variables, *rest)
            return value, [p - rate * g for p, g in zip(variables, gradients, strict=True)]

        update = self._compile(update)

        def step() -> list[Any]:
            value, state[:] = update(state, *constants)
            _finished(state)
            return [value]

        return step

    def hvp(self, loss: Loss, by: Sequence[Array], along: Sequence[Array], *data: Array) -> Step:
        """Like `Imperative.hvp`."""
        vectors = [self.array(a) for a in along]

        def slope(variables: Any, *rest: Any) -> Any:
            gradients = self._grad(lambda variables: loss(self, *variables, *rest))(variables)
            return sum(self.xp.sum(g * v) for g, v in zip(gradients, vectors, strict=True))

        return self._step(self._grad(slope), by, data)

    def hvp_forward(self, loss: Loss, by: Sequence[Array], along: Sequence[Array], *data: Array) -> Step:
        """Like `Imperative.hvp_forward`."""
        vectors = [self.array(a) for a in along]

        def product(variables: Any, *rest: Any) -> Any:
            slope = self._grad(lambda variables: loss(self, *variables, *rest))
            return self._jvp(slope, variables, vectors)

        return self._step(product, by, data)


def _finished(results: Any) -> Any:
    """Wait for results."""
    for result in results:
        getattr(result, "block_until_ready", bool)()
    return results


class Raw:
    """NumPy, without derivatives: the lower bound for small operations and, handwritten, for a network."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.xp: Any = np
        self.version = np.__version__

    def array(self, value: Array) -> Array:
        """The array itself."""
        return value

    def numpy(self, x: Array) -> Array:
        """The array itself."""
        return x


KINDS: dict[str, Any] = {
    "arrayad": Imperative,
    "torch": Imperative,
    "numpy": Raw,
    "autograd": Functional,
    "mygrad": Mygrad,
    "jax": Functional,
}


def contestants(names: Sequence[str]) -> list[Any]:
    """The installed contestants, with torch on one thread."""
    found = [KINDS[name](name) for name in names if importlib.util.find_spec(name) is not None]
    for contestant in found:
        if contestant.name == "torch":
            contestant.xp.set_num_threads(1)
    return found

"""Checkpointing: recompute in backward what would take memory to keep."""

from __future__ import annotations

import itertools
import os
import threading
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from ..autograd.engine import saved_of
from ..autograd.modes import enable_grad
from ..autograd.mutation import write_since
from ..autograd.tape import Leaf, Node, Output, TensorBase, make, sequence
from ..functions import random

if TYPE_CHECKING:
    from collections.abc import Callable

R = TypeVar("R")

__all__ = ["checkpoint"]

# Backwards in several threads take turns at restoring the default generators.
_set_back = threading.RLock()


def _renew() -> None:
    """In a forked process, whose parent may have had a thread that holds the lock."""
    global _set_back
    _set_back = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)


def checkpoint(
    function: Callable[..., R], *args: Any, preserve_rng_state: bool = True, use_reentrant: bool = False, **kwargs: Any
) -> R:
    """Call a function so that its graph keeps only the arguments; backward calls it again to recompute the rest.

    Parameters
    ----------
    function : callable
        Returns a Tensor or a tuple of them. It must compute the same when called again.
    *args, **kwargs
        Its arguments.
    preserve_rng_state : bool, optional
        Make random numbers from arrayad's default generators come out the same in the second call.
    use_reentrant : bool, optional
        For PyTorch's signature; it changes nothing, since checkpoints here need no second backward inside the first.

    Returns
    -------
    Tensor or tuple of Tensor
        The result of the function.

    Raises
    ------
    RuntimeError
        In backward, if the second call differs from the first; at once, if the function writes into memory that two
        arguments share.

    Examples
    --------
    >>> import arrayad as xp
    >>> x = xp.linspace(0, 1, 4, requires_grad=True)
    >>> y = xp.utils.checkpoint.checkpoint(lambda x: xp.exp(xp.sin(x) * 2), x)
    >>> y.sum().backward()
    >>> x.grad
    tensor([2.0000, 3.6361, 5.4138, 5.8151])
    """
    state = random.get_state() if preserve_rng_state else None
    segment = _Segment(function, args, kwargs, state)  # before the call, which may write into its arguments
    start = next(sequence)
    out = function(*args, **kwargs)
    segment.hold(_made_since(start, out))
    return out


def _made_since(start: int, out: Any) -> list[Node]:
    """The nodes that a call recorded, in order."""
    import optree  # as below

    stack = [x._node for x in optree.tree_leaves(out) if isinstance(x, TensorBase) and x._node is not None]
    found: set[Node] = set()
    while stack:
        node = stack.pop()
        if node.sequence > start and node not in found and not isinstance(node, Leaf):
            found.add(node)
            stack.extend(edge for edge in node.edges if edge is not None)
    return sorted((node for node in found if not isinstance(node, Output)), key=lambda node: node.sequence)


class _Segment:
    """What is needed to recompute the saved arrays of some nodes."""

    def __init__(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], state: Any) -> None:
        self.function = function
        import optree  # here: it would cost `import arrayad` a fifth

        given: Any = (args, kwargs)
        leaves, self.form = optree.tree_flatten(given)  # including the tensors in containers
        self.tensors = {id(x): _Kept(x) for x in leaves if isinstance(x, TensorBase)}
        self.leaves = [self.tensors.get(id(x), x) for x in leaves]
        self.state = state
        self.begun = next(sequence)
        self.computed: list[Node] | None = None

    def hold(self, nodes: list[Node]) -> None:
        """Replace what the nodes of the first call saved."""
        written = [kept for kept in self.tensors.values() if kept.is_written()]
        if nodes and any(one.shares(other) for one, other in itertools.combinations(written, 2)):
            raise RuntimeError(
                "checkpoint(): the function writes into memory that two of its arguments share, which it could not do "
                "again; give it a clone() of one of them"
            )
        # Not the nodes themselves, which refer to this object: a graph must be freed without the garbage collector.
        self.places = {node.sequence: i for i, node in enumerate(nodes)}
        self.names = [node.name() for node in nodes]
        for node in nodes:
            if node.plan.keeps:
                node.saved = self  # type: ignore[assignment]  # the engine restores it when it comes to the node
        for kept in self.tensors.values():
            kept.storage = None  # the storage would keep the memory that it moves to alive, too

    def restore(self, node: Node) -> tuple[Any, ...]:
        """Return what a node would have saved, from the one second call."""
        if self.computed is None:
            self.computed = self._compute()
        again = self.computed[self.places[node.sequence]]
        if again.saved is None:
            raise RuntimeError(
                f"backward(): what {node.name()} needs was computed again and used up; pass retain_graph=True"
            )
        saved: Any = saved_of(again)  # which another checkpoint inside this one may hold
        node.saved, again.saved = saved, None
        return saved

    def _compute(self) -> list[Node]:
        if self.state is None:
            return self._called_again()
        with _set_back:
            now = random.get_state()
            random.set_state(self.state)
            try:
                return self._called_again()
            finally:
                random.set_state(now)

    def _called_again(self) -> list[Node]:
        for kept in self.leaves:
            if isinstance(kept, _Kept) and (write := write_since(self.begun, kept.array)) is not None:
                raise RuntimeError(
                    "checkpoint(): an argument has been modified by an inplace operation since the function was called: "
                    f"{write.by} made its version {write.version}, in memory shared with another library. Write "
                    "into a clone() instead."
                )
        start = next(sequence)
        with enable_grad():
            tensors = {kept: kept.tensor() for kept in self.tensors.values()}
            args, kwargs = self.form.unflatten([tensors[x] if isinstance(x, _Kept) else x for x in self.leaves])
            nodes = _made_since(start, self.function(*args, **kwargs))
        if [node.name() for node in nodes] != self.names:
            raise RuntimeError("checkpoint(): the function did not do the same when it was called again")
        return nodes


class _Kept:
    """An argument, kept as the tape keeps arrays: in-place writes to the tensor do not change it."""

    def __init__(self, x: Any) -> None:
        self.array = x._array
        self.node = x._node
        self.storage = x._storage
        self.version = 0 if x._storage is None else x._storage.version
        next(sequence)  # as everything that keeps arrays does

    def is_written(self) -> bool:
        """Whether the memory has been written to since."""
        return self.storage is not None and self.storage.version != self.version

    def shares(self, other: _Kept) -> bool:
        """Whether a write through one of the two affects the other's values or history."""
        if self.storage is not other.storage:
            return False
        if self.node is not None or other.node is not None:
            return True
        # On backends other than NumPy's, parts of memory cannot be told apart.
        return not isinstance(self.array, np.ndarray) or np.may_share_memory(self.array, other.array)

    def tensor(self) -> Any:
        """The argument again, with its history."""
        return make(self.array, self.node)

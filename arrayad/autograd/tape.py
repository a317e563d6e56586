"""The tape: what a Tensor remembers, and what is written down when an operation is applied to it.

A Tensor has a raw array and the node that produced it; a node has the operation, the nodes of its inputs and the raw
arrays that the operation's rules ask for. Nodes never refer to Tensors (a leaf to its own only weakly), so there are no
cycles and a graph is freed with its last Tensor.
"""

from __future__ import annotations

import os
import threading
from itertools import count
from typing import TYPE_CHECKING, Any
from weakref import ref

from .modes import anomaly, caller
from ..dtypes import from_raw

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .operation import Operation, Plan
    from ..backends import Array

__all__ = [
    "RETAINED",
    "Leaf",
    "MultiNode",
    "Node",
    "Output",
    "Step",
    "Storage",
    "TensorBase",
    "Writes",
    "alias",
    "another",
    "base_of",
    "make",
    "namespace_of_tensors",
    "node_of_several",
    "record",
    "require_grad",
    "retaining",
    "sequence",
    "steps_after",
    "storage_of",
]


class TensorBase:
    """The state of a Tensor; its operators and methods are `arrayad.Tensor`'s.

    Operations lie below the class whose operators call them, so they know only this: where the array is, what produced
    it, and with whom it shares memory. One class derives from it, which is that of all tensors.
    """

    # Left unset, which costs nothing, are `_grad` and `_leaf` until there is one, `_viewed` and `_steps` until the storage
    # has aliases.
    __slots__ = ("__weakref__", "_array", "_grad", "_leaf", "_node", "_steps", "_storage", "_viewed")

    _array: Array
    _node: Node | None
    _storage: Storage | None
    _viewed: TensorBase | None  # whose history its own is a part of; None also for a detached alias
    _steps: Steps  # how it is seen from the storage's root
    _grad: Any
    _leaf: Leaf  # the node it had as a leaf, which hooks and graphs are of, once it was made to require no gradient

    _class: type[TensorBase]  # which `arrayad.tensor` sets


_new = object.__new__


def make(array: Array, node: Node | None = None) -> Any:
    """A Tensor of a raw array."""
    tensor = _new(TensorBase._class)
    tensor._array = array
    tensor._node = node
    tensor._storage = None
    return tensor


def another(x: Any) -> Any:
    """Another tensor of the same array and history; a write into one of the two copies the array first.

    For who keeps a tensor that the user has, or lends one.
    """
    next(sequence)  # as whatever keeps an array does, so that the next write looks who has it
    return make(x._array, x._node)


def require_grad(x: TensorBase, name: str) -> None:
    """Make a tensor a leaf that gets a gradient.

    Raises
    ------
    RuntimeError
        If its dtype is not floating.
    """
    dtype = from_raw[x._array.dtype]
    if dtype.kind not in "fc":
        raise RuntimeError(
            f"{name}(): only Tensors of floating point and complex dtype can require gradients. Got {dtype.name}; convert "
            "it first, for example with .float()."
        )
    before = getattr(x, "_leaf", None)
    if before is not None and before.shape == x._array.shape:
        x._node = before
        return
    x._node = Leaf(x)
    if before is not None:  # of another form
        x._node.hooks = before.hooks


class Writes:
    """The last in-place operation on a memory that cannot move."""

    at: int = 0  # its place in the order of nodes
    version: int = 0  # of the memory, that it made
    by: str = ""
    buffers: int | None = None  # how many are lent of the memory, where all that see it will give it back


class Storage:
    """What the tensors that share one memory know of it together.

    A tensor that alone has its memory, and was never written into, has none. `arrayad.autograd.mutation` rests on it: an
    in-place write moves the `aliases` to a copy first, if the tape has arrays of the memory.
    """

    # Class attributes as defaults, so that making one, on the hot path of views, costs an empty object.
    version: int = 0  # how many in-place writes there were
    exported: Writes | None = None  # of memory that NumPy or another library may see, so that it cannot move
    root: Array = None  # the array of the whole memory, which `_steps` start from
    aliases: list[ref[TensorBase]] | None = None  # every tensor on it, once there are two
    sweep_at: int = 64  # the length of `aliases` at which dead references are dropped
    looked_at: int = -1  # when the tape was last found to have no array of it, in the order of nodes


# A view operation of one output, and its static arguments.
Step = tuple["Operation", tuple[Any, ...], dict[str, Any]]
# Steps one after the other: those before the last, or None, and the last. So a view shares the steps of what it was made of,
# and a chain of views takes time and memory by its length.
Steps = tuple["Steps", Step] | None


def storage_of(x: TensorBase) -> Storage:
    """The storage of a tensor, made when first asked for."""
    storage = x._storage
    if storage is None:
        storage = x._storage = Storage()
    return storage


def base_of(x: TensorBase) -> TensorBase | None:
    """The tensor that `x` is a view of, or None."""
    storage = x._storage
    return None if storage is None or storage.aliases is None else x._viewed


# Writes take turns: a thread at one has a reference to the array, which another would take for the tape's. So do the first
# view of a tensor, and the dropping of dead ones.
writing = threading.RLock()


def _renew() -> None:
    """In a forked process, whose parent may have had a thread at a write."""
    global writing
    writing = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)


def alias(x: TensorBase, y: TensorBase, step: Step | None) -> None:
    """Write down that `y` shares the memory of `x`: through a view operation, or, without one, as a detached alias.

    Another thread may have moved `x` to other memory since `y` was made. From here on it would move `y` too, so who called
    looks now whether it did.
    """
    storage = x._storage
    if storage is None or storage.aliases is None:
        storage = _with_aliases(x)
    y._storage = storage
    if step is None:
        y._viewed = None
        y._steps = x._steps
    else:
        # A view that was made a leaf has a history of its own, of which that of its views is a part.
        y._viewed = x if x._viewed is None or x._node.__class__ is Leaf else x._viewed
        y._steps = (x._steps, step)
    aliases = storage.aliases
    aliases.append(ref(y))  # type: ignore[union-attr]  # they are there
    if len(aliases) >= storage.sweep_at:  # type: ignore[arg-type]  # they are there
        _sweep(storage)


def _with_aliases(x: TensorBase) -> Storage:
    """The storage of a tensor that is to have company."""
    with writing:
        storage = storage_of(x)
        if storage.aliases is None:
            storage.root = x._array
            x._viewed = None
            x._steps = None
            storage.aliases = [ref(x)]  # by which other threads see that all of it is there
        return storage


def _sweep(storage: Storage) -> None:
    """Drop dead references; not what other threads append meanwhile."""
    with writing:
        aliases: Any = storage.aliases
        seen = len(aliases)
        alive = [reference for reference in aliases[:seen] if reference() is not None]
        aliases[:seen] = alive
        storage.sweep_at = 2 * len(alive) + 64


def steps_after(first: Steps, last: Steps) -> tuple[Step, ...]:
    """The steps that follow on `first`, up to `last`, in their order."""
    found: list[Step] = []
    while last is not first:
        assert last is not None  # for the type checker: `first` is among those before
        last, step = last
        found.append(step)
    return tuple(reversed(found))


# --- nodes ---

# Whatever keeps arrays takes a place: nodes, what backward is given, a checkpoint. So where none was taken since, none has
# been kept.
sequence = count(1)


# The key, among the hooks of a node, of a weak reference to its tensor where that is to have the gradient.
RETAINED = 0


class Node:
    """One operation that was applied: what `Tensor.grad_fn` gives.

    Attributes
    ----------
    plan : Plan
        What the operation keeps and which of its rules apply; it knows the operation.
    edges : tuple of Node or None
        The nodes that produced the inputs; None for an input that needs no gradient.
    saved : tuple or None
        What the rules ask for, by the operation's layout; None once backward has used and dropped it. Of a checkpoint, what
        computes it again: `engine.saved_of` gives the tuple.
    shape, dtype
        Of the output; its cotangent has them too.
    sequence : int
        Nodes are numbered as they are made, so falling order is an order for backward.
    """

    __slots__ = (
        "__weakref__",
        "dtype",
        "edges",
        "hooks",
        "plan",
        "saved",
        "sequence",
        "shape",
        "where",
    )

    plan: Plan
    edges: tuple[Node | None, ...]
    saved: tuple[Any, ...] | None
    shape: Any
    dtype: Any
    sequence: int
    hooks: dict[int, Any] | None  # called with the cotangent of the output
    where: str  # the source line of the call, set under anomaly detection only

    def name(self) -> str:
        """The operation's, as PyTorch spells it: ``MulBackward0``."""
        return self.plan.name

    @property
    def transposed(self) -> bool:
        """Whether it transposes matrices: a cotangent that is transposed, too, is contiguous once it has gone through."""
        return self.plan.op.name == "matrix_transpose"

    @property
    def next_functions(self) -> tuple[tuple[Node | None, int], ...]:
        """The nodes that backward goes on to, each with the number of its output, as PyTorch gives them."""
        return tuple((edge, 0) if not isinstance(edge, Output) else (edge.edges[0], edge.index) for edge in self.edges)

    def __repr__(self) -> str:
        return f"<{self.name()} at {id(self):#x}>"


def retaining(node: Node) -> TensorBase | None:
    """The tensor that is to have the gradient of a node's output in its ``grad``, if there is one."""
    reference = None if node.hooks is None else node.hooks.get(RETAINED)
    return None if reference is None else reference()


class Leaf(Node):
    """Where backward ends: the gradient is added to the tensor's ``grad``."""

    __slots__ = ("tensor",)

    transposed = False
    tensor: ref[TensorBase]

    def __init__(self, tensor: TensorBase) -> None:
        self.tensor = ref(tensor)
        self.edges = ()
        self.saved = ()
        self.shape = tensor._array.shape
        self.dtype = tensor._array.dtype
        self.sequence = next(sequence)
        self.hooks = None

    def name(self) -> str:
        """As PyTorch has it."""
        return "AccumulateGrad"


class Output(Node):
    """One output of an operation with several; it stands between its tensor and the operation's node."""

    __slots__ = ("index",)

    index: int

    def __init__(self, node: Node, index: int, array: Array) -> None:
        self.plan = node.plan
        self.edges = (node,)
        self.saved = ()
        self.shape = array.shape
        self.dtype = array.dtype
        self.index = index
        self.sequence = next(sequence)
        self.hooks = None


class MultiNode(Node):
    """The node of an operation with several outputs."""

    __slots__ = ("outputs",)

    outputs: list[ref[Output]]  # weakly: they refer to this node


def record(plan: Plan, edges: tuple[Node | None, ...], saved: Any, out: TensorBase) -> Node:
    """Write down that an operation made `out`.

    Parameters
    ----------
    plan : Plan
        Of the operation, for these edges.
    edges : tuple of Node or None
        The nodes of the arguments that may be tensors, in order.
    saved : tuple
        What the plan keeps, by the operation's layout.
    """
    array = out._array
    node = Node()
    node.plan = plan
    node.edges = edges
    node.saved = saved
    node.shape = array.shape
    node.dtype = array.dtype
    node.hooks = None
    node.sequence = next(sequence)
    if anomaly.enabled:
        node.where = caller()
    out._node = node
    return node


def node_of_several(
    plan: Any, edges: tuple[Node | None, ...], saved: Any, arrays: Sequence[Array]
) -> tuple[MultiNode, list[Output]]:
    """The node of an operation with several outputs, and those of the outputs."""
    node = MultiNode()
    node.plan = plan
    node.edges = edges
    node.saved = saved
    node.shape = tuple(array.shape for array in arrays)
    node.dtype = tuple(array.dtype for array in arrays)
    node.hooks = None
    node.sequence = next(sequence)
    if anomaly.enabled:
        node.where = caller()
    outputs = [Output(node, i, array) for i, array in enumerate(arrays)]
    node.outputs = [ref(output) for output in outputs]
    return node, outputs


def namespace_of_tensors() -> Any:
    """What stands for a backend where a rule is recorded: the operations themselves, which stand above the tape."""
    from .. import functions

    return functions

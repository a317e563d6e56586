"""The tape: the history of a Tensor, and the recording of operations.

A Tensor has a raw array and the node that produced it. A node has the operation, the nodes of its inputs and the raw arrays
that the operation's rules need. Nodes never refer to Tensors (a leaf's node has only a weak reference to its leaf), so there
are no cycles, and a graph is freed with its last Tensor.
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

    Operations are in a layer below the class whose operators call them, so they know only this: where the array is, what
    produced it, and with which tensors it shares memory. The one subclass is the class of all tensors.
    """

    # For speed, these stay unset: `_grad` and `_leaf` until there is one, `_viewed` and `_steps` until the storage has
    # aliases.
    __slots__ = ("__weakref__", "_array", "_grad", "_leaf", "_node", "_steps", "_storage", "_viewed")

    _array: Array
    _node: Node | None
    _storage: Storage | None
    _viewed: TensorBase | None  # the tensor of whose history its own is a part; None also for a detached alias
    _steps: Steps  # the view operations that lead to it from the storage's root
    _grad: Any
    _leaf: Leaf  # the node it had as a leaf, which hooks and graphs refer to, after it was set not to require a gradient

    _class: type[TensorBase]  # set by `arrayad.tensor`


_new = object.__new__


def make(array: Array, node: Node | None = None) -> Any:
    """Make a Tensor of a raw array."""
    tensor = _new(TensorBase._class)
    tensor._array = array
    tensor._node = node
    tensor._storage = None
    return tensor


def another(x: Any) -> Any:
    """Return another tensor of the same array and history; a write to one of the two copies the array first.

    For code that keeps a user's tensor, or lends one.
    """
    next(sequence)  # so that the next write checks who refers to the array
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
    if before is not None:  # the leaf changed its form
        x._node.hooks = before.hooks


class Writes:
    """The last in-place operation on a memory that cannot move."""

    at: int = 0  # its place in the order of nodes
    version: int = 0  # the version of the memory that it made
    by: str = ""
    buffers: int | None = None  # how many buffers are lent, if all that see the memory will give it back


class Storage:
    """What the tensors that share one memory have in common.

    A tensor that does not share its memory and was never written to has none. `arrayad.autograd.mutation` uses it: an
    in-place write first moves the `aliases` to a copy, if the tape has arrays on the memory.
    """

    # Class attributes as defaults: creating a storage, on the hot path of views, then costs an empty object.
    version: int = 0  # the number of in-place writes
    exported: Writes | None = None  # for memory that NumPy or another library may see, so that it cannot move
    root: Array = None  # the array of the whole memory, at which `_steps` start
    aliases: list[ref[TensorBase]] | None = None  # every tensor on the memory, once there are two
    sweep_at: int = 64  # the length of `aliases` at which dead references are dropped
    looked_at: int = -1  # when the tape was last found to have no array on it, in the order of nodes


# A view operation with one output, and its static arguments.
Step = tuple["Operation", tuple[Any, ...], dict[str, Any]]
# Consecutive steps: those before the last, or None, and the last. A view shares the steps of the tensor it was made from, so
# a chain of views takes time and memory linear in its length.
Steps = tuple["Steps", Step] | None


def storage_of(x: TensorBase) -> Storage:
    """The storage of a tensor, created when first needed."""
    storage = x._storage
    if storage is None:
        storage = x._storage = Storage()
    return storage


def base_of(x: TensorBase) -> TensorBase | None:
    """The tensor that `x` is a view of, or None."""
    storage = x._storage
    return None if storage is None or storage.aliases is None else x._viewed


# Writes take turns: a writing thread refers to the array, which another thread would take for a reference of the tape. The
# first view of a tensor and the dropping of dead references take turns with them.
writing = threading.RLock()


def _renew() -> None:
    """In a forked process, whose parent may have had a thread in a write."""
    global writing
    writing = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)


def alias(x: TensorBase, y: TensorBase, step: Step | None) -> None:
    """Register that `y` shares the memory of `x`: through a view operation or, without one, as a detached alias.

    Another thread may have moved `x` to other memory since `y` was made. From here on a move of `x` also moves `y`, so the
    caller now checks whether one happened before.
    """
    storage = x._storage
    if storage is None or storage.aliases is None:
        storage = _with_aliases(x)
    y._storage = storage
    if step is None:
        y._viewed = None
        y._steps = x._steps
    else:
        # A view that was made a leaf has its own history, of which that of its views is a part.
        y._viewed = x if x._viewed is None or x._node.__class__ is Leaf else x._viewed
        y._steps = (x._steps, step)
    aliases = storage.aliases
    aliases.append(ref(y))  # type: ignore[union-attr]  # they are there
    if len(aliases) >= storage.sweep_at:  # type: ignore[arg-type]  # they are there
        _sweep(storage)


def _with_aliases(x: TensorBase) -> Storage:
    """The storage of a tensor that is about to share its memory."""
    with writing:
        storage = storage_of(x)
        if storage.aliases is None:
            storage.root = x._array
            x._viewed = None
            x._steps = None
            storage.aliases = [ref(x)]  # set last: when other threads see it, the rest is complete
        return storage


def _sweep(storage: Storage) -> None:
    """Drop dead references, but not what other threads append meanwhile."""
    with writing:
        aliases: Any = storage.aliases
        seen = len(aliases)
        alive = [reference for reference in aliases[:seen] if reference() is not None]
        aliases[:seen] = alive
        storage.sweep_at = 2 * len(alive) + 64


def steps_after(first: Steps, last: Steps) -> tuple[Step, ...]:
    """The steps after `first`, up to `last`, in order."""
    found: list[Step] = []
    while last is not first:
        assert last is not None  # for the type checker: `first` is among those before
        last, step = last
        found.append(step)
    return tuple(reversed(found))


# --- nodes ---

# Everything that keeps arrays takes a number: nodes, cotangents given to backward, checkpoints. So if no number was taken
# since, nothing has been kept.
sequence = count(1)


# The key, among the hooks of a node, of a weak reference to the tensor that retains the gradient.
RETAINED = 0


class Node:
    """One recorded application of an operation, also called `Tensor.grad_fn`.

    Attributes
    ----------
    plan : Plan
        What the operation keeps and which of its rules apply; it refers to the operation.
    edges : tuple of Node or None
        The nodes that produced the inputs; None for an input that needs no gradient.
    saved : tuple or None
        What the rules need, by the operation's layout; None once backward has used and dropped it. For a checkpoint, an
        object that recomputes it: `engine.saved_of` returns the tuple.
    shape, dtype
        Of the output, and so of its cotangent.
    sequence : int
        Nodes are numbered as they are created, so descending order is a valid order for backward.
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
    where: str  # the source line of the call, set only under anomaly detection

    def name(self) -> str:
        """The operation's name in PyTorch's form: ``MulBackward0``."""
        return self.plan.name

    @property
    def transposed(self) -> bool:
        """Whether it transposes matrices: a transposed cotangent is contiguous after passing through it."""
        return self.plan.op.name == "matrix_transpose"

    @property
    def next_functions(self) -> tuple[tuple[Node | None, int], ...]:
        """The nodes that backward visits next, each with the index of its output, as in PyTorch."""
        return tuple((edge, 0) if not isinstance(edge, Output) else (edge.edges[0], edge.index) for edge in self.edges)

    def __repr__(self) -> str:
        return f"<{self.name()} at {id(self):#x}>"


def retaining(node: Node) -> TensorBase | None:
    """The tensor, if any, that retains the gradient of a node's output in its ``grad``."""
    reference = None if node.hooks is None else node.hooks.get(RETAINED)
    return None if reference is None else reference()


class Leaf(Node):
    """The end of backward: the gradient is added to the tensor's ``grad``."""

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
        """The name in PyTorch's form."""
        return "AccumulateGrad"


class Output(Node):
    """One output of an operation with several; it is between its tensor and the operation's node."""

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

    outputs: list[ref[Output]]  # weak, since they refer to this node


def record(plan: Plan, edges: tuple[Node | None, ...], saved: Any, out: TensorBase) -> Node:
    """Record that an operation produced `out`.

    Parameters
    ----------
    plan : Plan
        The operation's plan for these edges.
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
    """Create the node of an operation with several outputs, and those of the outputs."""
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
    """The namespace in place of a backend when a rule is recorded: the operations, in a layer above the tape."""
    from .. import functions

    return functions

"""In-place operations: writing to memory that other tensors and the tape may share.

Three things have to stay correct when a tensor is written to:

- *The tape's values.* If a node has an array on the memory, all tensors on it move to a copy first, so that the tape keeps
  the old values (copy-on-write). The write checks this with Python's own reference counts, as Swift's
  ``isKnownUniquelyReferenced`` does, so recording an operation counts nothing. An extra reference, say in a debugger, costs
  a copy and changes no result. Memory that another library sees cannot move. For it, the time of the write in the order of
  nodes is noted, and whatever needs the values of an older node raises.
- *The other tensors on the memory.* They see the write, because they share the memory or move together.
- *History.* What was written becomes part of the history of the tensor and, through a view, of its base. The other views of
  the base derive their history from the base's new one. These are PyTorch's semantics.
"""

from __future__ import annotations

import functools
from collections import Counter
from contextlib import nullcontext
from sys import getrefcount
from typing import TYPE_CHECKING, Any, NoReturn
from weakref import ref

from . import tape
from .calls import REFUSALS
from .modes import anomaly, caller, enable_grad, recording
from .operation import named
from .tape import (
    RETAINED,
    Leaf,
    Node,
    Storage,
    TensorBase,
    Writes,
    base_of,
    make,
    namespace_of_tensors,
    record,
    retaining,
    sequence,
    steps_after,
    storage_of,
)
from .. import dtypes
from ..backends import attributes, backend_of
from ..size import broadcasts

if TYPE_CHECKING:
    from collections.abc import Callable

    from .operation import Operation
    from .tape import Step

__all__ = [
    "add_item",
    "assign_item",
    "become",
    "check_writeable",
    "compute",
    "copy_on_write_count",
    "export",
    "give_back",
    "lend",
    "mark_exported",
    "overwrite",
    "rebase",
    "replay",
    "replay_raw",
    "tensors_on",
    "write_since",
]

_is_writeable = attributes["is_writeable"]
copies = 0

# --- whether the tape has arrays of a memory ---


def is_saved(x: TensorBase) -> bool:
    """Whether anything but the tensors on the memory of `x` refers to an array on it, as a node does until its backward."""
    storage = x._storage
    if storage is None or storage.aliases is None:
        # `_references` is inlined: 0.04 us less. A cotangent that a Function kept, or an `aux`, may be on part of a memory
        # that others share; most arrays show that by a `base`.
        return getrefcount(x._array) > _ALONE or (
            getattr(x._array, "base", x) is not None and _memory_references(x) > _ALONE
        )
    # Of consecutive writes, as in a loop over rows, only the first visits all tensors on the memory: 3 us for each of 4,000
    # rows instead of 1,000.
    now = next(sequence)
    if storage.looked_at == now - 1 or not _is_saved_of_several(x):
        storage.looked_at = now
        return False
    return True


def _is_saved_of_several(x: Any) -> bool:
    memory = id(_memory_of(x))
    # How many of the tensors, and the storage, refer to each array. Views also refer to the memory's array.
    tensors = tensors_on(x)
    holders = Counter([id(t._array) for t in tensors] + [id(x._storage.root)])
    views = len(holders) - (memory in holders)
    if memory not in holders and _memory_references(x) > views + _ALONE - 1:
        return True
    holders[memory] += views
    if any(_references(t) > holders[id(t._array)] + _ALONE - 1 for t in tensors):
        return True
    return _root_references(x) > holders[id(x._storage.root)] + _ALONE - 1


# The counts depend on how Python calls these functions: hence one function each, calibrated below on a lone tensor. No
# caller of `is_saved` may have the array in a local variable.
def _references(x: TensorBase) -> int:
    return getrefcount(x._array)


def _root_references(x: TensorBase) -> int:
    return getrefcount(x._storage.root)  # type: ignore[union-attr]  # of a tensor with a storage


def _memory_references(x: TensorBase) -> int:
    return getrefcount(_memory_of(x))


def _memory_of(x: TensorBase) -> Any:
    return backend_of(x._array).memory_of(x._array)


def _lone_tensor() -> TensorBase:
    x = TensorBase()
    x._array = object()
    return x


_ALONE = _references(_lone_tensor())


# --- memory that cannot move ---

# For each memory that another library sees, while it lives, by its id.
_exported: dict[int, tuple[ref[Any], Writes]] = {}
last_write = 0  # when any of them was last written to: whatever was recorded later need not check


def export(x: TensorBase) -> None:
    """Prepare the memory of `x` for another library: it cannot move later, so if the tape has arrays on it, it moves now."""
    with tape.writing:
        if x._storage is None or x._storage.exported is None:
            _unshare(x)
            mark_exported(x)
        else:
            x._storage.exported.buffers = None


def lend(x: TensorBase) -> None:
    """`export` until `give_back`: for Python's buffer protocol, which NumPy also uses for memory that it only copies."""
    with tape.writing:
        storage: Any = storage_of(x)
        shown = storage.exported is not None
        if not shown:
            export(x)
            storage.exported.buffers = 0
        if storage.exported.buffers is not None:
            storage.exported.buffers += 1


def give_back(x: TensorBase) -> None:
    """End a `lend`: after the last buffer the memory can move again, if it was not written to meanwhile."""
    with tape.writing:
        storage: Any = x._storage
        writes = storage.exported
        if writes.buffers is None:
            return
        writes.buffers -= 1
        if not writes.buffers and not writes.at:
            _exported.pop(id(_memory_of(x)))
            storage.exported = None


def mark_exported(x: TensorBase) -> None:
    """Mark the memory of `x` as seen by another library; tensors made from it independently share the record of writes."""
    memory = _memory_of(x)
    key = id(memory)
    if key not in _exported:
        # It is called with the dead reference, which becomes `pop`'s default.
        _exported[key] = ref(memory, functools.partial(_exported.pop, key)), Writes()
    storage_of(x).exported = writes = _exported[key][1]
    writes.buffers = None


def write_since(at: int, array: Any) -> Writes | None:
    """The last write to the memory of a raw array, if it came after a number in the order of nodes."""
    _, writes = _exported.get(id(backend_of(array).memory_of(array)), (None, None))
    return None if writes is None or writes.at < at else writes


def _count(x: TensorBase, name: str) -> None:
    """Count an in-place write."""
    global last_write
    storage = storage_of(x)
    storage.version += 1
    writes = storage.exported
    if writes is not None:
        writes.at = last_write = next(sequence)
        writes.version = storage.version
        writes.by = f"{name} at\n  {caller()}\n" if anomaly.enabled else name


def check_writeable(x: TensorBase, name: str, values: bool = True) -> None:
    """Refuse what no in-place operation may write to.

    Parameters
    ----------
    values : bool, optional
        Whether values are to be written, or only the form of the tensor changes.

    Raises
    ------
    RuntimeError
        For a leaf that requires a gradient or a view of one while operations are recorded; and for memory that is read-only
        or expanded, where one element stands for several.
    """
    base = base_of(x)
    if (base is not None or x._node is not None) and recording():
        if isinstance(x._node, Leaf):
            raise RuntimeError(
                f"{name}(): a leaf Variable that requires grad is being used in an in-place operation. Do it under "
                "no_grad(), or on a clone()."
            )
        if base is not None and isinstance(base._node, Leaf):
            raise RuntimeError(
                f"{name}(): a view of a leaf Variable that requires grad is being used in an in-place operation. Do it "
                "under no_grad(), or on a clone() of the leaf."
            )
        if base is not None and base._node is not None and x._node is None:
            raise RuntimeError(
                f"{name}(): a view was created in no_grad mode and is being modified in place with grad mode enabled. Make "
                "the view with grad mode enabled too."
            )
    if values and not _is_writeable[x._array.__class__](x._array):
        raise RuntimeError(
            f"{name}(): the tensor's memory is read-only, or one element of it stands for several (an expanded tensor). "
            "Write into a clone() instead."
        )


def overwrite(x: Any, out: Any, name: str) -> Any:
    """Give `x` the value and history of `out`, the result of the out-of-place operation.

    Parameters
    ----------
    x : Tensor
        Checked by `check_writeable` before `out` was computed.
    out : Tensor
        Newly computed: nothing else has its memory.

    Raises
    ------
    RuntimeError
        If `out` does not have the shape of `x`, or its dtype is of a higher kind; `x` is unchanged then.
    """
    a = out._array
    shape, dtype = x._array.shape, x._array.dtype
    if a.shape != shape:
        raise RuntimeError(f"{name}(): output with shape {list(shape)} doesn't match the broadcast shape {list(a.shape)}")
    if a.dtype != dtype:
        have, want = dtypes.from_raw[a.dtype], dtypes.from_raw[dtype]
        if have.rank > want.rank:
            raise RuntimeError(f"{name}(): result type {have.name} can't be cast to the desired output type {want.name}")
        out = namespace_of_tensors().astype(out, want)
        a = out._array
    with tape.writing:
        if x._storage is None or (x._storage.exported is None and _is_alone(x)):
            # Nothing else sees the memory, so `x` can take over the new array instead of writing to the old one.
            fresh = Storage() if out._storage is None else out._storage
            if fresh.aliases is not None:  # the result has views, and its storage's root belongs to them
                a, fresh = backend_of(a).asarray(a, copy=True), Storage()
            fresh.version = (0 if x._storage is None else x._storage.version) + 1
        else:
            _unshare(x)
            fresh = None
        try:
            if fresh is not None:
                x._array = a
                x._storage = fresh
            else:
                backend_of(a).setitem(x._array, ..., a)
                _count(x, name)
            if recording():
                rebase(x, out._node)
        except BaseException:
            _break_off(x, out._node, name)
            raise
    return x


def compute(x: Any, others: tuple[Any, ...], function: Any, name: str) -> Any:
    """Apply an elementwise function to `x` in place, for the named method.

    Parameters
    ----------
    others : tuple of Tensor or number
        The function's other operand, if it has one.
    """
    if not _in_memory(x, others, function.operation, name):
        check_writeable(x, name)
        overwrite(x, function(x, *others), name)
    return x


def _in_memory(x: Any, others: tuple[Any, ...], op: Operation, name: str) -> bool:
    """Do what `compute` does directly in the memory of `x`, if nothing is recorded, saved or converted; else return False.

    It avoids the array that `overwrite` receives: half of the time for 800 kB.
    """
    if len(others) != len(op.parameters) - 1:
        return False
    other: Any = others[0] if others else None
    of_tensor = isinstance(other, TensorBase)
    if (x._node is not None or (of_tensor and other._node is not None)) and recording():
        return False
    with tape.writing:
        if (x._storage is None or x._storage.exported is None) and is_saved(x):
            return False
        a = x._array
        forward = op.forwards[a.__class__]  # first, since it fills `known`
        function = op.known[a.__class__].get(a.dtype, forward)
        # Functions with this attribute, such as NumPy's and CuPy's ufuncs, accept an array to write to.
        if a.dtype not in op.native or getattr(function, "nout", 0) != 1:
            return False
        if not others:
            operands: Any = (a,)
        elif of_tensor:
            b = other._array
            if b.__class__ is not a.__class__ or b.dtype != a.dtype or not broadcasts(b.shape, a.shape):
                return False
            operands = (a, b)
        else:
            operands = op.with_number(a, other)
            if operands is None:
                return False
        check_writeable(x, name)
        try:
            function(*operands, out=a)
        except REFUSALS as error:  # for two devices, or a cast
            raise op.refused(error, (x, *others), {}) from None
        finally:  # also if a warning is an error, which is raised after the write
            _count(x, name)
        return True


def add_item(x: Any, key: Any, values: Any, name: str) -> bool:
    """Do ``x[key] += values`` in place, for every occurrence in the key; False if it must be recorded or converted.

    Parameters
    ----------
    key
        Raw.
    values : Tensor
    """
    if (x._node is not None or values._node is not None) and recording():
        return False
    raw = values._array
    xp = backend_of(raw)
    if raw.__class__ is not x._array.__class__ or raw.dtype != x._array.dtype or xp.shares_memory(raw, x._array):
        return False
    check_writeable(x, name)
    with tape.writing:
        _unshare(x)
        try:
            with nullcontext() if xp.use_device is None else xp.use_device(raw):
                xp.add_at(x._array, key, raw)
        except REFUSALS as error:  # before anything was changed or counted
            raise named(name, error) from None
        except BaseException:  # such as a warning that is an error, which is raised after the write
            _count(x, name)
            raise
        _count(x, name)
    return True


def assign_item(x: Any, key: Any, value: Any, index_put: Operation, name: str) -> None:
    """Do ``x[key] = value`` in place.

    Parameters
    ----------
    x : Tensor
    key
        Raw: the arrays in it are the backend's.
    value : Tensor or number
        The value to assign; the assignment is recorded if it is tracked.
    index_put : Operation
        The functional form of the assignment, which is recorded.
    """
    check_writeable(x, name)
    xp = backend_of(x._array)
    raw: Any = None
    if isinstance(value, TensorBase):
        if value._array.dtype != x._array.dtype:
            raw = _cast(xp, value._array, x._array, name)
    # Up to 65504, the largest number in half precision, nothing overflows.
    elif isinstance(value, float) and abs(value) > 65504:
        raw = _cast(xp, value, x._array, name)
    else:
        raw = value
    with tape.writing:
        _unshare(x)  # before the value's array is read: on the same memory, a reference would look like the tape's
        if raw is None:
            raw = value._array
        floating = dtypes.from_raw[x._array.dtype].kind in "fc"
        of_value = value._node if floating and isinstance(value, TensorBase) else None
        try:
            xp.setitem(x._array, key, raw)
            _count(x, name)
            if recording() and (x._node is not None or of_value is not None):
                edges = (x._node, of_value)
                plan, saved = index_put.keep(edges, (x._array, key, raw), x._array)
                rebase(x, record(plan, edges, saved, make(x._array)))
        except REFUSALS as error:  # for the assigned value, before anything was changed or counted
            raise named(name, error) from None
        except BaseException:
            _break_off(x, of_value, name)
            raise


def _cast(xp: Any, raw: Any, like: Any, name: str) -> Any:
    """Cast the assigned value to its final dtype: so a warning, which may be an error, comes before the write."""
    try:
        if isinstance(raw, float):
            return xp.asarray(raw, dtype=like.dtype, device=like.device)
        return xp.astype(raw, like.dtype)
    except (TypeError, ValueError, OverflowError) as error:
        raise named(name, error) from None


class _BrokenOff:
    """Stands for what a node saved when a write was interrupted, so that values and history may not match."""

    def __init__(self, name: str) -> None:
        self.name = name

    def restore(self, node: Node) -> NoReturn:
        """Refuse to differentiate."""
        raise RuntimeError(f"{self.name}() was interrupted as it wrote into a tensor; recompute the tensor")


def _break_off(x: Any, node: Node | None, name: str) -> None:
    """After an exception in the middle of a write, such as Ctrl-C, refuse derivatives through all tensors that see it.

    Parameters
    ----------
    node
        The history of the written value.
    """
    _count(x, name)
    base = base_of(x)
    base = x if base is None else base
    if not recording() or (node is None and x._node is None and base._node is None):
        return
    plan = namespace_of_tensors().view_put.operation.plans[True, True]
    for tensor in tensors_on(x):
        if tensor is x or tensor is base or tensor._viewed is x or tensor._viewed is base:
            record(plan, (tensor._node, node), _BrokenOff(name), tensor)  # with edges, so that every mode gets to it


def become(x: Any, function: Callable[[Any], Any], name: str) -> Any:
    """Turn a tensor into the view of itself that a view operation makes, on the same memory and with the view's history.

    This is recorded in every grad mode: the values do not change, so their history must not either.

    Raises
    ------
    RuntimeError
        If the tensor has views, which are defined in terms of its old form.
    """
    with tape.writing, enable_grad():
        view = function(x)
        if any(t._viewed is x for t in tensors_on(x) if t is not view):
            raise RuntimeError(
                f"{name}(): the tensor has views, which are seen through the form that it has. Use the view itself."
            )
        base = base_of(x)
        x._array = view._array
        if isinstance(x._node, Leaf):
            hooks = x._node.hooks
            x._node = Leaf(x)
            x._node.hooks = hooks
        else:
            _rewrite(x, view._node)
        x._viewed, x._steps = base, view._steps
        x._storage.version += 1
        return x


def _is_alone(x: TensorBase) -> bool:
    """Whether `x` is the only tensor on its memory."""
    storage = x._storage
    aliases = None if storage is None else storage.aliases
    return aliases is None or all(other is None or other is x for other in (reference() for reference in aliases))


def tensors_on(x: TensorBase) -> list[TensorBase]:
    """All tensors on the memory of `x`."""
    storage = x._storage
    if storage is None or storage.aliases is None:
        return [x]
    return [t for t in [reference() for reference in storage.aliases] if t is not None]


def _unshare(x: TensorBase) -> None:
    """Before a write: if the tape has arrays on the memory, and it can move, move all tensors on it to a copy."""
    global copies
    if (x._storage is not None and x._storage.exported is not None) or not is_saved(x):
        return
    copies += 1
    xp = backend_of(x._array)
    storage = x._storage
    if storage is None or storage.aliases is None:
        x._array = xp.asarray(x._array, copy=True)
        return
    root = xp.asarray(storage.root, copy=True)
    moved: dict[int, TensorBase] = {}
    while tensors := [tensor for tensor in tensors_on(x) if id(tensor) not in moved]:  # also those added meanwhile
        arrays = [replay_raw(steps_after(None, tensor._steps), root) for tensor in tensors]
        storage.root = root  # all at once, so that no interrupt comes in between
        for tensor, array in zip(tensors, arrays, strict=True):
            tensor._array = array
        moved.update((id(tensor), tensor) for tensor in tensors)


def replay_raw(steps: tuple[Step, ...], a: Any) -> Any:
    """Apply view operations to a raw array."""
    for op, args, kwargs in steps:
        a = op.forwards[a.__class__](a, *args, **kwargs)
    return a


def rebase(x: Any, node: Any) -> None:
    """Make `node` the history of `x`, just written to, and update all tensors that are views of the same base."""
    base = base_of(x)
    before = x._node if base is None else base._node
    if base is None:
        if node is None and before is None:
            return
        _rewrite(x, node)
        base = x
    elif node is not None or base._node is not None:
        start = None if base._storage is None or base._storage.aliases is None else base._steps
        steps = steps_after(start, x._steps)
        edges = (base._node, node)
        op: Operation = namespace_of_tensors().view_put.operation
        plan, saved = op.keep(edges, (base._array, None, steps, _layout(base._array)), base._array)
        node = record(plan, edges, saved, make(base._array))  # on another tensor, since `record` would set it as it is
        _rewrite(base, node)
    else:
        return
    storage = base._storage
    if storage is None or storage.aliases is None:
        return
    start, followed = base._steps, {id(base)}
    moved = {} if before is None or base._node is None else {before: base._node}
    for tensor in tensors_on(base):
        if tensor is not base and id(tensor._viewed) in followed:
            # Most views only need their nodes moved to the base's new history, in a tenth of the time of recording them
            # again.
            _rewrite(tensor, _moved(tensor._node, moved) or replay(steps_after(start, tensor._steps), base)._node)
            tensor._viewed = base  # also for a view of a view that was a leaf and no longer is
            followed.add(id(tensor))


def _layout(a: Any) -> tuple[int, ...] | None:
    """The axes of an array from the outermost to the innermost in memory; None if that is their order."""
    xp = backend_of(a)
    if xp.is_contiguous(a):
        return None
    strides = xp.strides(a)
    return tuple(sorted(range(len(strides)), key=lambda axis: -abs(strides[axis])))


def _moved(node: Node | None, moved: dict[Node, Node]) -> Node | None:
    """The node of a view on the new history of its base; None if the view was not recorded on the old one, step by step.

    Parameters
    ----------
    moved : dict
        What replaces the base's node, and the nodes moved so far, which views of views share.
    """
    chain = []
    while node not in moved:
        if node.__class__ is not Node or not node.plan.op.view:
            return None
        chain.append(node)
        node = node.edges[0]
    now = moved[node]
    for old in reversed(chain):
        node = Node()
        node.plan, node.saved, node.shape, node.dtype = old.plan, old.saved, old.shape, old.dtype
        node.edges = (now,)
        node.hooks = None
        node.sequence = next(sequence)
        if anomaly.enabled:
            node.where = caller()
        now = moved[old] = node
    return now


def _rewrite(x: TensorBase, node: Node | None) -> None:
    """Give a tensor another history; the gradient that it retains is then that of its new value."""
    before = x._node
    x._node = node
    if before is not None and node is not None and retaining(before) is x:
        node.hooks = {**(node.hooks or {}), RETAINED: ref(x)}
        before.hooks.pop(RETAINED)  # type: ignore[union-attr]  # that is where it was found


def replay(steps: tuple[Step, ...], x: Any) -> Any:
    """Apply view operations to a tensor, recorded."""
    for op, args, kwargs in steps:
        x = op.call(x, *args, **kwargs)
    return x


def copy_on_write_count() -> int:
    """How often, since the start, memory was copied because an in-place operation wrote to what the tape had saved."""
    return copies

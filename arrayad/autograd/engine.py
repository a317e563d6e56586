"""The engine: it walks the tape backward and applies the rules.

Nodes are taken from a heap in descending order of their sequence numbers, so a node comes after everything that was computed
from it. Nothing recurses: a chain of a million operations takes a million iterations of one loop.
"""

from __future__ import annotations

import math
from contextlib import ExitStack, nullcontext
from heapq import heappop, heappush
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np

from . import mutation, tape
from .calls import apart, check_devices, two_devices
from .modes import anomaly, enable_grad, recording, set_recording
from .operation import SHAPE
from .tape import RETAINED, Leaf, MultiNode, Node, Output, TensorBase, another, make, namespace_of_tensors, retaining
from .used import Either, OfOutputs, PartOf, Through, unbroadcast
from ..arguments import flag_of
from ..backends import Array, Namespace, backend_of, by_type, scalar_types, uses_current_device
from ..dtypes import NUMBERS, from_raw

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from .operation import Rule
    from .used import Used
    from ..tensor import Tensor

__all__ = [
    "backward",
    "fit",
    "for_user",
    "grad",
    "rebuilt",
    "refuse_overwritten",
    "saved_of",
    "tensors_of",
    "zeros_like",
]


def backward(
    tensors: Tensor | Sequence[Tensor],
    grad_tensors: Tensor | Sequence[Tensor | None] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Tensor | Sequence[Tensor] | None = None,
) -> None:
    """Add the gradient of `tensors` to the ``grad`` of the leaves they were computed from.

    Parameters
    ----------
    tensors : Tensor or sequence of Tensor
        The tensors to differentiate.
    grad_tensors : Tensor or sequence of Tensor or None, optional
        The cotangent of each tensor, of its shape; may be omitted or None for tensors of one element.
    retain_graph : bool, optional
        Keep what the tape saved, so that backward can be called again. Default: `create_graph`.
    create_graph : bool, optional
        Record the backward itself, so that gradients can be differentiated.
    inputs : Tensor or sequence of Tensor, optional
        Accumulate into the ``grad`` of these only, leaves or not.

    Raises
    ------
    RuntimeError
        If a tensor is not tracked, a cotangent is missing or has the wrong shape, or the graph has been freed by backward
        before.
    """
    roots = tensors_of(tensors, "backward", "tensors")
    wanted = None if inputs is None else list({id(x): x for x in tensors_of(inputs, "backward", "inputs")}.values())
    if wanted == []:
        raise RuntimeError("backward(): inputs is empty; leave it out to add to the grad of every leaf")
    found = _run("backward", roots, grad_tensors, retain_graph, create_graph, wanted)
    for tensor, g in zip(wanted or (), found, strict=True):
        if g is not None and retaining(tensor._node) is not tensor:  # otherwise it has the cotangent already
            _accumulate(tensor, g, create_graph)


@overload
def grad(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: Tensor | Sequence[Tensor | None] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: Literal[False] | None = None,
    materialize_grads: bool = False,
    only_inputs: bool = True,
) -> tuple[Tensor, ...]: ...
@overload
def grad(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: Tensor | Sequence[Tensor | None] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool | None = None,
    *,
    materialize_grads: Literal[True],
    only_inputs: bool = True,
) -> tuple[Tensor, ...]: ...
@overload
def grad(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: Tensor | Sequence[Tensor | None] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool | None = None,
    materialize_grads: bool = False,
    only_inputs: bool = True,
) -> tuple[Tensor | None, ...]: ...
def grad(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: Tensor | Sequence[Tensor | None] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool | None = None,
    materialize_grads: bool = False,
    only_inputs: bool = True,
) -> tuple[Tensor | None, ...]:
    """Return the gradient of `outputs` with respect to `inputs`; no ``grad`` is changed.

    Parameters
    ----------
    outputs : Tensor or sequence of Tensor
        The tensors to differentiate.
    inputs : Tensor or sequence of Tensor
        Tracked tensors, leaves or not, with respect to which the outputs are differentiated.
    grad_outputs : Tensor or sequence of Tensor or None, optional
        The cotangent of each output, of its shape; may be omitted or None for outputs of one element.
    retain_graph, create_graph : bool, optional
        As in `backward`.
    allow_unused : bool, optional
        Return None for an input that the outputs do not depend on, instead of raising. Default: `materialize_grads`.
    materialize_grads : bool, optional
        Return zeros for such an input.
    only_inputs : bool, optional
        For PyTorch's signature: it is always true, and False is refused.

    Returns
    -------
    tuple of Tensor or None
        One for each input, of its shape, dtype and device.

    Raises
    ------
    RuntimeError
        As for `backward`, and for an input that is not tracked or, unless allowed, not used.

    Examples
    --------
    >>> import arrayad as xp
    >>> x = xp.tensor(3.0, requires_grad=True)
    >>> (g,) = xp.autograd.grad(x**3, x, create_graph=True)
    >>> xp.autograd.grad(g, x)
    (tensor(18.),)
    """
    allow_unused, materialize_grads = (
        flag_of(value, "grad", flag)
        for flag, value in (("allow_unused", allow_unused), ("materialize_grads", materialize_grads))
    )
    if not flag_of(only_inputs, "grad", "only_inputs"):
        raise ValueError("grad(): only_inputs=False, which adds to the grad of leaves too, is what backward() does")
    wanted = tensors_of(inputs, "grad", "inputs")
    roots = tensors_of(outputs, "grad", "outputs")
    allow_unused = materialize_grads if allow_unused is None else allow_unused
    if materialize_grads and not allow_unused:
        raise ValueError("grad(): materialize_grads=True needs allow_unused=True or left out")
    found = _run("grad", roots, grad_outputs, retain_graph, create_graph, wanted, allow_unused)
    result: list[Any] = []
    for tensor, g in zip(wanted, found, strict=True):
        if g is None and materialize_grads:
            g = zeros_like(tensor)
        elif g is None and not allow_unused:  # reached, but a Function returned None
            raise RuntimeError(_UNUSED.format("grad"))
        result.append(g)
    return tuple(result)


_UNUSED = (
    "{}(): one of the inputs was not used in computing the outputs. Set allow_unused=True to get None, or "
    "materialize_grads=True to get zeros, for it."
)


def zeros_like(x: Any) -> Any:
    """The gradient of a Tensor on which nothing depends."""
    a = x._array
    return make(backend_of(a).zeros(a.shape, dtype=a.dtype, device=a.device))


def tensors_of(given: Any, name: str, parameter: str) -> list[Any]:
    """One Tensor or several, as a list."""
    try:
        tensors = [given] if isinstance(given, TensorBase) else list(given)
    except TypeError:
        raise TypeError(f"{name}(): {parameter} must be Tensors, not {type(given).__name__}") from None
    for tensor in tensors:
        if not isinstance(tensor, TensorBase):
            raise TypeError(f"{name}(): {parameter} must be Tensors, not {type(tensor).__name__}")
    return tensors


def _run(
    name: str,
    roots: list[Any],
    cotangents: Any,
    retain: bool | None,
    create_graph: bool,
    inputs: list[Any] | None,
    allow_unused: bool = True,
) -> list[Any]:
    """Run backward from the roots: into the leaves' ``grad``, or, with `inputs`, returning their cotangents as Tensors."""
    if create_graph.__class__ is not bool:
        create_graph = flag_of(create_graph, name, "create_graph")
    if retain.__class__ is not bool:
        retain = flag_of(retain, name, "retain_graph")
    if cotangents is None:
        cotangents = [None] * len(roots)
    elif not isinstance(cotangents, (list, tuple)):
        cotangents = [cotangents]
    if len(cotangents) != len(roots):
        raise RuntimeError(f"{name}(): got {len(roots)} tensors and {len(cotangents)} gradients for them")
    seeds = [_seed(name, root, g, create_graph) for root, g in zip(roots, cotangents, strict=True)]
    for tensor in inputs or ():
        if tensor._node is None:
            raise RuntimeError(f"{name}(): one of the inputs does not require grad")
    retain = create_graph if retain is None else retain
    before = recording()
    try:
        set_recording(create_graph)
        nodes = [root._node for root in roots]
        targets = None if inputs is None else [x._node for x in inputs]
        found, needed, passed = (set(), None, None) if targets is None else _leading_to(set(targets), nodes)
        if not allow_unused and not found.issuperset(targets or ()):
            raise RuntimeError(_UNUSED.format(name))
        sweep = _SweepOnDevices if uses_current_device() and not create_graph else Sweep
        return sweep(create_graph, retain, targets, needed, passed).run(nodes, seeds)
    finally:
        set_recording(before)


def _seed(name: str, root: Any, g: Any, create_graph: bool) -> Any:
    """The cotangent of a root: a raw array, or a Tensor if the backward is recorded."""
    if root._node is None:
        raise RuntimeError(
            f"{name}(): the tensor does not require grad and does not have a grad_fn; nothing it was computed from was "
            "made with requires_grad=True, or it was computed under no_grad()"
        )
    a = root._array
    xp = backend_of(a)
    is_complex = from_raw[a.dtype].kind == "c"
    if g is None:
        if is_complex:
            raise RuntimeError(
                f"{name}(): grad can be implicitly created only for real scalar outputs, but the dtype is "
                f"{from_raw[a.dtype].name}; pass the gradient"
            )
        if a.shape != () and a.size != 1:
            raise RuntimeError(
                f"{name}(): grad can be implicitly created only for scalar outputs, and this one has shape "
                f"{tuple(a.shape)}; pass the gradient"
            )
        raw = xp.ones(a.shape, dtype=a.dtype, device=a.device)
        return make(raw) if create_graph else raw
    if not isinstance(g, TensorBase):
        raise TypeError(f"{name}(): gradient must be a Tensor or None, not {type(g).__name__}")
    if g._array.shape != a.shape:
        raise RuntimeError(
            f"{name}(): mismatch in shape: the gradient has shape {tuple(g._array.shape)} and the tensor {tuple(a.shape)}"
        )
    check_devices(name, root, g)
    if not is_complex and from_raw[g._array.dtype].kind == "c":
        raise RuntimeError(f"{name}(): the gradient of a real tensor must be real, and it is complex")
    kept = another(g)
    return kept if create_graph else kept._array


class Sweep:
    """One walk over the tape."""

    on_devices = False

    def __init__(
        self,
        create_graph: bool,
        retain: bool,
        targets: list[Node] | None,
        needed: set[Node] | None,
        passed: set[Node] | None,
    ) -> None:
        self.create_graph = create_graph
        self.retain = retain
        self.targets = targets
        self.needed = needed  # the nodes that are a target or lead to one; None: all
        self.passed = passed  # those of them from which a cotangent is propagated further
        self.checks = anomaly.enabled and anomaly.check_nan
        # The key is minus the sequence number. The entry is a node, its cotangent (for several outputs, the list of theirs),
        # and whether the engine alone refers to the cotangent.
        self.pending: dict[int, tuple[Node, Any, bool]] = {}
        self.heap: list[int] = []
        self.used: dict[int, Used] = {}  # by the same key: which entries of the node's output are used, if not all
        if create_graph:
            self.functions = namespace_of_tensors()

    def run(self, nodes: list[Node], seeds: list[Any]) -> list[Any]:
        """Send the seeds to their nodes and propagate them; returns the cotangents of the targets.

        One loop has everything that every node and every rule passes through, with shared state in local variables: a
        backward takes a tenth less than with a method per node.
        """
        for root, g in zip(nodes, seeds, strict=True):
            self.send(root, g, False)
        node: Any  # of any kind
        found: dict[Any, Any] = {}
        pending, heap, used = self.pending, self.heap, self.used
        targets, needed, passed = self.targets, self.needed, self.passed
        create_graph, retain, on_devices, checks = self.create_graph, self.retain, self.on_devices, self.checks
        wanted = frozenset(targets or ())
        xp: Any = self.functions if create_graph else None
        with ExitStack() as device:
            while heap:
                node, g, owned = pending.pop(heappop(heap))
                if node.hooks is not None:
                    g, owned = self.call_hooks(node, g, owned)
                if wanted and node in wanted:
                    found[node] = (g, owned)
                edges = node.edges
                if not edges:
                    if targets is None and node.__class__ is Leaf:
                        tensor = node.tensor()
                        if tensor is not None and isinstance(tensor._node, Leaf):  # else it no longer requires a gradient
                            _accumulate(tensor, self.tensor(g, owned), create_graph)
                    continue
                if passed is not None and node not in passed:
                    continue
                if node.__class__ is Output:
                    self.gather(node, g, used.pop(-node.sequence, None))
                    continue
                if on_devices:
                    device.enter_context(_on_device_of(g))
                try:
                    plan = node.plan
                    op = plan.op
                    saved = node.saved
                    if saved.__class__ is not tuple:
                        saved = saved_of(node)
                    if node.sequence < mutation.last_write:
                        refuse_overwritten("backward", node, saved)
                    # For an operation with several outputs, `g` is a list with a cotangent or None for each.
                    array = g if node.__class__ is Node else next(part for part in g if part is not None)
                    if create_graph:
                        saved = rebuilt(node, saved)
                        array = array._array
                    else:
                        xp = by_type[array.__class__]
                    conjugate = op.conjugate and from_raw[node.dtype if array is g else array.dtype].kind == "c"
                    if conjugate:
                        g = xp.conj(g)
                    entries = used.pop(-node.sequence, None) if used else None
                    if op.apart or entries is not None:
                        alone = owned and not (create_graph or (wanted and node in wanted))
                        self.pull_apart(node, g, alone, entries, xp, saved, array, conjugate)
                        rules: Any = ()
                    else:
                        rules = plan.rules
                    # Two NumPy scalars multiply in 40 ns, two 0-d arrays in 290, one of each in 460.
                    scalar = array.__class__ in scalar_types and op.kind == "elementwise"
                    for i, rule in rules:
                        edge = edges[i]  # a plan has rules only for existing edges
                        if needed is not None and edge not in needed:
                            continue
                        if rule.add is not None and (total := self.own(edge)) is not None:
                            rule.add(xp, total, g, *rule.arguments(saved, edge))
                            if used:
                                used.pop(-edge.sequence, None)  # as in `send`
                            continue
                        # Special cases for what most rules need: 0.1 to 0.3 us less for each than unpacking a list.
                        if rule.only is not None:
                            value = saved[rule.only]
                            if scalar:
                                kind = value.__class__
                                value = value[()] if kind in by_type else value
                            part = rule.function(xp, g, value)
                        elif not rule.at:
                            part = rule.function(xp, g)
                        elif rule.pair is not None:
                            first, second = rule.pair
                            value = saved[first] if first >= 0 else edge.shape if first == SHAPE else edge.transposed
                            other = saved[second] if second >= 0 else edge.shape if second == SHAPE else edge.transposed
                            part = rule.function(xp, g, value, other)
                        else:
                            part = rule.function(xp, g, *rule.arguments(saved, edge))
                        if conjugate:
                            part = xp.conj(part)
                        if checks:
                            _refuse_nan(xp, part, node)
                        # What `send` does with the first, fitting cotangent, inlined: 0.06 us less for each.
                        key = -edge.sequence
                        if create_graph or key in pending or part.shape != edge.shape or part.dtype is not edge.dtype:
                            self.send(edge, part, part is not g)
                        else:
                            pending[key] = (edge, part, part is not g)
                            heappush(heap, key)
                except Exception as error:  # any error: it is reraised, with a note of where the operation was called
                    if hasattr(node, "where"):
                        error.add_note(f"In the backward of {node.name()}, which was recorded at\n  {node.where}")
                    raise
                # Release references early, so that the next rule may own the memory it gets.
                array = saved = value = other = part = None
                if on_devices:
                    device.close()
                if not retain and plan.keeps:
                    node.saved = None
        out = []
        for node in targets or ():
            g, owned = found.get(node, (None, False))
            out.append(None if g is None else self.tensor(g, owned))
            if owned:
                found[node] = (g, False)  # a target listed twice gets two results, each with its own memory and history
        return out

    def call_hooks(self, node: Node, g: Any, owned: bool) -> tuple[Any, bool]:
        """Pass a cotangent to the hooks of its node, each of which may replace it."""
        for key, hook in tuple((node.hooks or {}).items()):
            if key == RETAINED:
                continue
            shown = self.tensor(g, False)
            given = hook(shown)
            if given is None:
                continue
            like = shown._array
            if not isinstance(given, TensorBase) or (given._array.shape, given._array.dtype) != (like.shape, like.dtype):
                wanted = f"a Tensor of shape {tuple(like.shape)} and dtype {shown.dtype}"
                raise RuntimeError(f"a hook of {node.name()} must give None or {wanted}")
            if apart(given._array, like):
                raise two_devices(f"a hook of {node.name()}", (given._array, like))
            kept = another(given)
            g, owned = (kept if self.create_graph else kept._array), False
            self.used.pop(-node.sequence, None)  # all entries of what a hook returns are used
        tensor = retaining(node)
        if tensor is not None:
            _accumulate(tensor, self.tensor(g, False), self.create_graph)
        return g, owned

    def tensor(self, g: Any, owned: bool) -> Any:
        """Return a cotangent for the user, who may write to it: a Tensor with its own memory."""
        if self.create_graph:
            return for_user(self.functions, g, owned)
        xp = by_type[g.__class__]
        return make(xp.as_array(g) if owned and xp.owns_memory(g) else xp.asarray(g, copy=True))

    def pull_apart(
        self,
        node: Node,
        g: Any,
        alone: bool,
        used: Used | None,
        xp: Any,
        saved: tuple[Any, ...],
        array: Array,
        conjugate: bool,
    ) -> None:
        """Propagate from an operation on a sequence, or with unused entries of the output or, by selection, of inputs.

        `alone` tells whether nothing else holds the cotangent; its memory may still be shared.
        """
        op, edges, needed = node.plan.op, node.edges, self.needed
        if op.sequence:
            rule = op.rules[0]
            parts = rule.function(xp, g, *[saved[k] for k in rule.at])
            of_all = None if used is None or op.used is None else Through(used, op.used[0], xp, saved, node, node, array)
            for i, (target, part) in enumerate(zip(edges, parts, strict=True)):
                if target is not None and part is not None and (needed is None or target in needed):
                    if self.checks:
                        _refuse_nan(xp, part, node)
                    of_part = None if of_all is None else PartOf(of_all, i)
                    self.send_used(target, xp.conj(part) if conjugate else part, False, of_part)
            return
        masks = used is not None and op.kind == "elementwise" and op.used is None
        spend = op.rules[0] and op.rules[0].spend
        if spend and not (alone and edges[0] is not None and xp.owns_memory(g) and xp.is_writeable(g)):
            spend = None
        for i, rule in reversed(node.plan.rules):  # the first may overwrite the cotangent
            edge: Any = edges[i]
            if needed is not None and edge not in needed:
                continue
            values = rule.arguments(saved, edge)
            of_input: Used | None = None
            if op.used is not None and (used is not None or op.selects[i]):
                of_input = Through(used, op.used[i], xp, saved, node, edge, array)
            if rule.add is not None and (total := self.own(edge)) is not None:
                of_input = self.used_with_others(edge, of_input if _matters(edge) else None)
                rule.add(xp, total, g, *values)
                self.used.pop(-edge.sequence, None)  # as in `send`
                if of_input is not None:
                    self.used[-edge.sequence] = of_input
                continue
            # A rule that saves nothing multiplies by a constant, so zeros stay zeros.
            if used is not None and masks and values:
                part = self.masked(xp, rule, g, values, used)
            elif used is not None and of_input is not None and op.kind == "differentiable" and not op.apart:
                part = self.masked(xp, rule, g, values, of_input)
            elif spend and i == 0:
                part = spend(xp, g, *values)
            else:
                part = rule.function(xp, g, *values)
                if spend and not xp.owns_memory(part):
                    part = xp.asarray(part, copy=True)
            if conjugate:
                part = xp.conj(part)
            if self.checks:
                _refuse_nan(xp, part, node)
            if not _matters(edge):
                of_input = None
            elif masks:
                of_input = used if edge.shape == node.shape else Through(used, None, xp, (), node, edge, array)
            self.send_used(edge, part, part is not g or bool(spend), of_input)

    def masked(self, xp: Any, rule: Rule, g: Any, values: list[Any], used: Used) -> Any:
        """Apply a rule, with 0 for unused entries: of the output for an elementwise operation, otherwise of the input."""
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):  # not worth a warning in unused entries
            part = rule.function(xp, g, *values)
        # An ordinary backward first looks at values, unless it would wait: with finite slopes zeros come out by themselves.
        if not (self.create_graph or xp.asynchronous) and _all_finite(xp, part):
            return part
        entries = used.entries()
        return part if entries is None else xp.where(entries, part, xp.zeros((), dtype=part.dtype, device=part.device))

    def send_used(self, node: Node, g: Any, owned: bool, used: Used | None) -> None:
        """`send`, with the entries of the node's output that the sender used, or None for all."""
        used = self.used_with_others(node, used)
        self.send(node, g, owned)
        if used is not None:
            self.used[-node.sequence] = used

    def used_with_others(self, node: Node, used: Used | None) -> Used | None:
        """The entries of a node's output used by this sender or by earlier ones, or None for all."""
        key = -node.sequence
        if used is None or key not in self.pending:
            return used
        known = self.used.get(key)
        return used if known is used else None if known is None else Either(known, used)

    def gather(self, output: Output, g: Any, used: Used | None) -> None:
        """Store the cotangent of one output, and which entries of it are used, beside those of the other outputs."""
        node = output.edges[0]
        assert isinstance(node, MultiNode)  # for the type checker: it is the edge of an Output
        key = -node.sequence
        if key not in self.pending:
            self.pending[key] = (node, [None] * len(node.shape), False)
            heappush(self.heap, key)
        cotangents = self.pending[key][1]
        if used is not None and key not in self.used:
            self.used[key] = OfOutputs([part is not None for part in cotangents])
        of_outputs: Any = self.used.get(key)
        if of_outputs is not None:
            of_outputs.add(output.index, used)
        have = cotangents[output.index]
        cotangents[output.index] = g if have is None else have + g

    def send(self, node: Node, g: Any, owned: bool) -> None:
        """Add to the cotangent of a node, after converting it to the node's shape and dtype.

        `owned` says that no other node was sent the same array; it may still be a view of an array that one was.
        """
        a = g._array if self.create_graph else g
        if a.shape != node.shape or a.dtype is not node.dtype:
            fitted = fit(self.functions if self.create_graph else by_type[a.__class__], g, a, node)
            owned = owned or fitted is not g
            g = fitted
        pending = self.pending
        key = -node.sequence
        if key not in pending:
            pending[key] = (node, g, owned)
            heappush(self.heap, key)
            return
        if self.used:
            self.used.pop(key, None)  # this one uses all entries
        _, have, ours = pending[key]
        if ours and not self.create_graph and by_type[have.__class__].owns_memory(have):
            have += g  # in place, or for a backend's scalar a new one
        else:
            have = have + g
        pending[key] = (node, have, True)

    def own(self, node: Node) -> Any:
        """The cotangent that a node has so far, if it is writable and no one else refers to it."""
        _, have, ours = self.pending.get(-node.sequence, (node, None, False))
        if not ours or self.create_graph:
            return None
        xp = backend_of(have)
        return have if xp.owns_memory(have) and xp.is_writeable(have) else None


class _SweepOnDevices(Sweep):
    """The walk for a backend that computes on a current device: each rule and sum runs on the device of its cotangent.

    A recorded backward does not need it: it calls operations, which set the device themselves.
    """

    on_devices = True

    def send(self, node: Node, g: Any, owned: bool) -> None:
        with _on_device_of(g):
            super().send(node, g, owned)

    def gather(self, output: Output, g: Any, used: Used | None) -> None:
        with _on_device_of(g):
            super().gather(output, g, used)


def _on_device_of(g: Any) -> AbstractContextManager[Any]:
    array = next(part for part in g if part is not None) if isinstance(g, list) else g
    use: Any = backend_of(array).use_device
    return nullcontext() if use is None else use(array)


def _matters(node: Node) -> bool:
    """Whether it can matter which entries of a node's output are used; for most nodes, a look at the next one tells."""
    edges = node.edges
    if not edges:
        return False
    op = node.plan.op
    if op.kind == "elementwise" or (op.kind == "differentiable" and op.used is not None and not op.apart):
        return True
    if op.used is not None:
        for edge in edges:
            if edge is not None and edge.edges:
                return True
    return False


def _all_finite(xp: Namespace, part: Any) -> bool:
    # For single numbers, as in loops over elements, this takes a tenth of the time.
    return math.isfinite(abs(part)) if part.shape == () else bool(xp.all(xp.isfinite(part)))


def saved_of(node: Node, name: str = "backward") -> tuple[Any, ...]:
    """What a node saved; for a checkpoint, recomputed."""
    saved: Any = node.saved
    if saved is None:
        raise RuntimeError(
            f"{name}(): trying to go through {node.name()} a second time, but what it saved was dropped after the first. "
            "Pass retain_graph=True to the first backward() or grad()."
        )
    return saved if saved.__class__ is tuple else saved.restore(node)


def rebuilt(node: Node, saved: tuple[Any, ...], history: bool = True) -> tuple[Any, ...]:
    """What a node saved, as Tensors, with or without their history."""
    plan = node.plan
    op = plan.op
    values = list(saved)
    for number in plan.inputs:
        i = op.layout.index(op.tensors[number])
        if values[i] is not None and not isinstance(values[i], NUMBERS):
            values[i] = make(values[i], node.edges[number] if history else None)
    if plan.out:
        i = len(op.parameters)
        if not history:
            values[i] = tuple([make(array) for array in values[i]]) if isinstance(node, MultiNode) else make(values[i])
        elif isinstance(node, MultiNode):
            outputs = [
                reference() or Output(node, k, array)
                for k, (reference, array) in enumerate(zip(node.outputs, values[i], strict=True))
            ]
            values[i] = tuple([make(array, output) for array, output in zip(values[i], outputs, strict=True)])
        else:
            values[i] = make(values[i], node)
    return tuple(values)


def refuse_overwritten(name: str, node: Node, saved: Any) -> None:
    """Raise if an array that a node saved has been written to since, in memory that could not move."""
    for value in saved:
        if isinstance(value, (tuple, list)):
            refuse_overwritten(name, node, value)
        elif value.__class__ in by_type and (write := mutation.write_since(node.sequence, value)) is not None:
            raise RuntimeError(
                f"{name}(): one of the variables needed for gradient computation has been modified by an inplace "
                f"operation: {node.name()} saved it before version {write.version}, which {write.by} made. Its memory is "
                "shared with another library (numpy(), from_numpy() or DLPack), so the saved values could not be kept; "
                "write into a clone() instead."
            )


def _refuse_nan(xp: Namespace, part: Any, node: Node) -> None:
    if bool(xp.any(xp.isnan(part))):
        raise RuntimeError(f"backward(): {node.name()} returned nan values")


def _leading_to(targets: set[Node], roots: Sequence[Node]) -> tuple[set[Node], set[Node] | None, set[Node] | None]:
    """The targets that a backward reaches; these and the nodes that lead to one; and the nodes from which it goes on.

    The last two are None if they are all nodes.
    """
    oldest = min([target.sequence for target in targets], default=0)
    reachable = {root for root in roots if root.sequence >= oldest}  # an input is older than what is computed from it
    whole = len(reachable) == len(set(roots))
    stack = list(reachable)
    while stack:
        node = stack.pop()
        if not node.edges and node not in targets:
            whole = False
        for edge in node.edges:
            if edge is None or edge in reachable:
                continue
            if edge.sequence < oldest:
                whole = False
            else:
                reachable.add(edge)
                stack.append(edge)
    found = targets & reachable
    if whole:
        return found, None, None
    leading, passed = set(found), set()
    for node in sorted(reachable, key=attrgetter("sequence")):
        for edge in node.edges:
            if edge in leading:
                leading.add(node)
                passed.add(node)
                break
    return found, leading, passed


def fit(xp: Namespace, g: Any, a: Array, node: Node) -> Any:
    """Convert a cotangent to the shape and dtype of its node: the transposes of broadcasting and promotion."""
    if a.shape != node.shape:
        g = unbroadcast(xp, g, tuple(node.shape))
    if a.dtype is not node.dtype and (have := from_raw[a.dtype]) is not (want := from_raw[node.dtype]):
        if have.kind == "c" and want.kind != "c":
            g = xp.real(g)
        g = xp.astype(g, node.dtype, copy=False)
    return g


def for_user(functions: Any, g: Any, owned: bool) -> Any:
    """A recorded cotangent or tangent for the user, who may write to it."""
    shared = g._storage is not None and g._storage.aliases is not None
    return another(g) if owned and not shared else functions.clone(g)


def _accumulate(tensor: Any, g: Any, create_graph: bool) -> None:
    """Add to a tensor's ``grad``: in place, unless the history of either must be kept.

    A gradient without history is contiguous if its tensor is, so that it can be viewed flat.
    """
    own, a = tensor._array, g._array
    if a.shape != own.shape:
        raise RuntimeError(
            f"backward(): the gradient of a leaf has shape {tuple(a.shape)}, and the leaf, changed in place since, "
            f"{tuple(own.shape)}"
        )
    with tape.writing:  # backwards of several threads may add to one gradient
        have = getattr(tensor, "_grad", None)
        if have is None:
            xp = backend_of(a)
            if g._node is None and not xp.is_contiguous(a) and xp.is_contiguous(own):
                g = make(xp.contiguous(a))
            tensor._grad = g
        elif create_graph or have._node is not None:
            with enable_grad():
                tensor._grad = have + g
        else:
            have += g

"""Forward mode: the tape of one trace, replayed in forward order with tangents in place of values.

An elementwise operation propagates a tangent by its own rules, each of which multiplies by a partial derivative. An
operation that is linear in a tensor propagates it by the operation itself. Any other operation uses the transpose of its
reverse rule: the rule is linear in the cotangent, so it is run, recorded, on a cotangent of zeros, and the tangents are
pulled back through this recording.
"""

from __future__ import annotations

import itertools
from collections import Counter
from typing import TYPE_CHECKING, Any

from . import mutation
from .engine import fit, for_user, grad, rebuilt, refuse_overwritten, saved_of
from .modes import enable_grad, recording
from .tape import MultiNode, Node, Output, make, namespace_of_tensors
from .. import dtypes
from ..backends import backend_of

if TYPE_CHECKING:
    from collections.abc import Sequence


__all__ = ["push_forward"]


def push_forward(outputs: Sequence[Node | None], tangents: dict[Node, Any]) -> list[Any]:
    """Compute the tangents of some nodes, given those of others.

    Parameters
    ----------
    outputs : sequence of Node or None
        None for an untracked output.
    tangents : dict
        Maps a node to its tangent, a Tensor of its shape and dtype; the trace is not followed beyond these nodes.

    Returns
    -------
    list of Tensor or None
        One per output; None for an output that depends on none of the given nodes.
    """
    functions = namespace_of_tensors()
    known: dict[Any, Any] = dict(tangents)
    nodes = _between(outputs, known)
    # For an operation with several outputs, only the requested ones; others may have no derivative.
    asked: dict[Node | None, set[int]] = {}
    for node in nodes:
        if isinstance(node, Output):
            asked.setdefault(node.edges[0], set()).add(node.index)
    waiting = Counter(itertools.chain(outputs, itertools.chain.from_iterable(node.edges for node in nodes)))
    for node in nodes:
        incoming = [known.get(edge) for edge in node.edges]
        if isinstance(node, Output):
            known[node] = incoming[0] and incoming[0][node.index]
        elif any(t is not None for t in incoming):
            known[node] = _through(functions, node, incoming, asked.get(node, set()))
        for edge in node.edges:  # tangents are released after their last use
            waiting[edge] -= 1
            if not waiting[edge]:
                known.pop(edge, None)
    given = {id(t) for t in tangents.values()}
    found = [known.get(node) for node in outputs]
    return [None if t is None else for_user(functions, t, id(t) not in given) for t in found]


def _between(outputs: Sequence[Node | None], known: dict[Any, Any]) -> list[Node]:
    """The nodes on the paths from the known ones to the outputs, inputs first."""
    oldest = min([node.sequence for node in known], default=0)
    found: set[Node] = set()
    stack = list(outputs)
    while stack:
        node = stack.pop()
        # Nodes older than all known ones depend on none of them.
        if node is None or node.sequence < oldest or node in found or node in known:
            continue
        found.add(node)
        stack.extend(node.edges)
    return sorted(found, key=lambda node: node.sequence)


def _through(xp: Any, node: Node, incoming: list[Any], asked: set[int]) -> Any:
    """The tangent of a node's output, or the tuple of those of its outputs."""
    plan = node.plan
    op = plan.op
    kept = saved_of(node, "linearize")
    if node.sequence < mutation.last_write:
        refuse_overwritten("linearize", node, kept)
    saved = rebuilt(node, kept, recording())
    if op.tangent is not None:
        return op.tangent.function(xp, incoming[0], *op.tangent.arguments(saved, node.edges[0]))
    if op.kind == "elementwise" and op.conjugate:
        total: Any = None
        for i, rule in plan.rules:
            if incoming[i] is not None:
                part = rule.function(xp, _cast(xp, incoming[i], node), *rule.arguments(saved, node.edges[i]))
                total = part if total is None else total + part
        total = total if total._array.shape == node.shape else xp.broadcast_to(total, tuple(node.shape))
        return _cast(xp, total, node)
    if op.repeats:
        return _repeated(xp, node, saved, incoming)
    if op.kind == "custom":
        tangents = op.rules[0].push(incoming)
        if tangents is not None:
            return tangents
    return _transposed(xp, node, saved, incoming, asked)


def _cast(xp: Any, t: Any, node: Node) -> Any:
    return t if t._array.dtype is node.dtype else xp.astype(t, node.dtype, copy=False)


def _repeated(xp: Any, node: Node, saved: tuple[Any, ...], incoming: list[Any]) -> Any:
    """Apply the operation to tangents in the place of values: to each, added up, or to all, if it is jointly linear."""
    op = node.plan.op
    like = next(t for t in incoming if t is not None)
    if op.sequence:
        shapes = zip(incoming, saved[-1], strict=True)
        parts = [_zeros(shape, node.dtype, like) if t is None else t for t, shape in shapes]
        return _cast(xp, op.call(parts, **dict(zip(op.parameters[1:], saved[1:-2], strict=True))), node)
    values = list(saved[: len(op.parameters)])
    places = [op.parameters.index(name) for name in op.tensors]
    cut = op.positional
    if op.kind == "linear":
        for i, rule in enumerate(op.rules):
            if rule is not None:  # the first parameter has the shape of the output, and others broadcast
                shape = () if i else node.shape
                values[places[i]] = _zeros(shape, node.dtype, like) if incoming[i] is None else incoming[i]
        out = op.call(*values[:cut], **dict(zip(op.parameters[cut:], values[cut:], strict=True)))
        if isinstance(node, MultiNode):
            return out
        return _cast(xp, out if out._array.shape == node.shape else xp.broadcast_to(out, tuple(node.shape)), node)
    total = None
    for i, _ in node.plan.rules:
        if incoming[i] is not None:
            others = values[:]
            others[places[i]] = incoming[i]
            part = op.call(*others[:cut], **dict(zip(op.parameters[cut:], others[cut:], strict=True)))
            total = part if total is None else total + part
    return total


def _zeros(shape: Any, dtype: Any, like: Any) -> Any:
    array = like._array
    return make(backend_of(array).zeros(shape, dtype=dtype, device=array.device))


def _transposed(xp: Any, node: Node, saved: tuple[Any, ...], incoming: list[Any], asked: set[int]) -> Any:
    """Pull the tangents back through the node's reverse rules."""
    plan = node.plan
    op = plan.op
    like = next(t for t in incoming if t is not None)
    again = recording()
    several = isinstance(node, MultiNode)
    with enable_grad():
        if several:
            # The backward of a Function may compute with the zeros of the others, so these are recorded too.
            if op.kind == "custom" and op.rules[0].context._materialize:
                asked = {i for i, dtype in enumerate(node.dtype) if dtypes.from_raw[dtype].kind in "fc"}
            kinds = enumerate(zip(node.shape, node.dtype, strict=True))
            seeds = [_zeros(shape, dtype, like).requires_grad_() if i in asked else None for i, (shape, dtype) in kinds]
            g: Any = tuple(seeds)
        else:
            g = _zeros(node.shape, node.dtype, like).requires_grad_()
            seeds = [g]
        shown = xp.conj(g) if op.conjugate and not several and g.dtype.kind == "c" else g
        if op.sequence:
            rule = op.rules[0]
            parts = list(rule.function(xp, shown, *[saved[k] for k in rule.at]))
        else:
            parts = [None] * len(node.edges)
            for i, rule in plan.rules:
                if incoming[i] is not None:
                    parts[i] = rule.function(xp, shown, *rule.arguments(saved, node.edges[i]))
        pairs = []
        for part, t, edge in zip(parts, incoming, node.edges, strict=True):
            if part is None or t is None or edge is None:
                continue
            if not part.requires_grad:
                if op.kind == "custom":  # zero, or computed outside the tape: the two cannot be told apart
                    raise RuntimeError(
                        f"{node.name()}: forward mode goes through the transpose of its backward, which was not recorded. "
                        "Give the Function a jvp(ctx, *tangents), compute its backward with arrayad, or give None for zero."
                    )
                continue
            part = xp.conj(part) if shown is not g else part
            pairs.append((fit(xp, part, part._array, edge), t))
        wanted = [seed for seed in seeds if seed is not None]
        if not pairs:
            out: list[Any] = [None] * len(wanted)
        else:
            outs, tangents = zip(*pairs, strict=True)
            out = list(grad(outs, wanted, tangents, create_graph=again, allow_unused=True))
    if several:
        back = iter(out)
        return tuple([next(back) if seed is not None else None for seed in seeds])
    return out[0]

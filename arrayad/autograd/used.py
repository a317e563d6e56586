"""Which entries of a value are used: known from the structure of a computation, and propagated beside a cotangent.

``where(x > 0, sqrt(x), 0)`` discards the root of 0, so the derivative there is 0. But the root's rule multiplies a cotangent
of 0 by an infinite slope, which is NaN. So where entries are discarded (by `where`, an assignment over them, `clip`, an
extremum) the engine propagates, beside the cotangent, which entries are used; an elementwise operation that receives this
gives 0 for the others, whatever its slope is there.

The used entries follow from the conditions and keys of a computation, never from a cotangent that happens to be 0: backward
stays linear in the cotangent, to any order. Nothing is computed until a slope makes it necessary, which is rare.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .tape import make
from .. import dtypes
from ..backends import by_type

if TYPE_CHECKING:
    from .operation import Rule
    from .tape import Node
    from ..backends import Array, Namespace

__all__ = ["Either", "OfOutputs", "PartOf", "Through", "Used", "unbroadcast"]


class Used:
    """The used entries of a value: booleans of its shape, raw or, in a recorded backward, a Tensor; None if all are used.

    Attributes
    ----------
    sources : tuple of Used or None
        The used entries of the values downstream that determine these; None for a value that is used entirely.
    known : bool
        Whether they have been computed.
    """

    __slots__ = ("_entries", "known", "sources")

    sources: tuple[Used | None, ...]
    known: bool
    _entries: Any

    def compute(self, *downstream: Any) -> Any:
        """Compute the entries from those of the sources."""
        raise NotImplementedError

    def entries(self) -> Any:
        """The entries; computed ones are kept."""
        stack = [] if self.known else [self]  # no recursion: each of a million assignments has the next one as a source
        while stack:
            top = stack[-1]
            waiting = [s for s in top.sources if s is not None and not s.known]
            if waiting:
                stack += waiting
                continue
            if not top.known:  # it may be on the stack twice
                top._entries = top.compute(*[None if s is None else s._entries for s in top.sources])
                top.known, top.sources = True, ()
            stack.pop()
        return self._entries


class Through(Used):
    """Of an operation's input: by the operation's rule for used entries or, for an elementwise one without, its output's.

    Parameters
    ----------
    used : Used or None
        Those of the output.
    rule : Rule or None
    xp : namespace
        The namespace for the rule.
    saved : tuple
        What the node saved, by the operation's layout.
    node, target : Node
        The nodes of the operation, and of the input.
    like : raw array
        An array on the device of the entries.
    """

    __slots__ = ("_parts",)

    def __init__(
        self, used: Used | None, rule: Rule | None, xp: Any, saved: tuple[Any, ...], node: Node, target: Node, like: Array
    ) -> None:
        self.known = False
        self.sources = (used,)
        self._parts: Any = (rule, xp, saved, node, target, like.__class__, like.device)

    def compute(self, entries: Any) -> Any:  # noqa: D102  (described in the base)
        rule, xp, saved, node, target, kind, device = self._parts
        self._parts = None
        if rule is not None:
            backend = by_type[kind]

            def whole(shape: tuple[int, ...]) -> Any:
                entries = backend.ones(shape, dtype=backend.raw_dtype(dtypes.bool), device=device)
                return entries if xp is backend else make(entries)

            if entries is None:
                entries = whole(tuple(node.shape))
            elif entries.__class__ is list:  # for several outputs
                entries = [whole(shape) if part is True else part for part, shape in zip(entries, node.shape, strict=True)]
            entries = rule.function(xp, entries, *rule.arguments(saved, target))
        if entries is None or entries.__class__ is list or entries.shape == target.shape:
            return entries
        return unbroadcast(xp, entries, tuple(target.shape), "any")


class PartOf(Used):
    """Of one input of an operation on several."""

    __slots__ = ("_number",)

    def __init__(self, used: Used, number: int) -> None:
        self.known = False
        self.sources = (used,)
        self._number = number

    def compute(self, entries: Any) -> Any:  # noqa: D102  (described in the base)
        return entries[self._number]


class OfOutputs(Used):
    """Of an operation with several outputs: a list of theirs, True for one used entirely, None for an unused one.

    Parameters
    ----------
    reached : list of bool
        The outputs that are used entirely, as far as is known.
    """

    __slots__ = ("_outputs",)

    def __init__(self, reached: list[bool]) -> None:
        self.known = False
        self.sources = ()
        self._outputs: list[Any] = [True if one else None for one in reached]

    def add(self, index: int, used: Used | None) -> None:
        """What is used of one output, or None for all."""
        self._outputs[index] = True if used is None else used
        self.sources = tuple(one for one in self._outputs if isinstance(one, Used))

    def compute(self, *downstream: Any) -> Any:  # noqa: D102  (described in the base)
        found = iter(downstream)
        out = []
        for one in self._outputs:
            entries = next(found) if isinstance(one, Used) else one
            out.append(True if entries is None and one is not None else entries)
        return out


class Either(Used):
    """The union of the entries used by two consumers."""

    __slots__ = ()

    def __init__(self, a: Used, b: Used) -> None:
        self.known = False
        self.sources = (a, b)

    def compute(self, a: Any, b: Any) -> Any:  # noqa: D102  (described in the base)
        return None if a is None or b is None else a | b


def unbroadcast(xp: Namespace, g: Any, shape: tuple[int, ...], reduce: str = "sum") -> Any:
    """Sum, or otherwise reduce, over the axes along which an input of a shape was broadcast."""
    extra = len(g.shape) - len(shape)
    if extra > 0 and g.shape[extra:] == shape:  # as for a bias
        return getattr(xp, reduce)(g, axis=0 if extra == 1 else tuple(range(extra)))
    if extra < 0:  # an assigned value may have leading axes of length 1 that its target lacks
        g, extra = xp.reshape(g, (1,) * -extra + tuple(g.shape)), 0
    axes = tuple(range(extra)) + tuple(i + extra for i, n in enumerate(shape) if n == 1 and g.shape[i + extra] != 1)
    if not axes:
        return xp.reshape(g, shape)
    g = getattr(xp, reduce)(g, axis=axes, keepdims=True)
    return xp.reshape(g, shape) if extra else g

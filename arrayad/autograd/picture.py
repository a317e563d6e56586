"""Drawings of graphs."""

from __future__ import annotations

import math
from typing import Any

from .tape import Leaf, Node, Output, TensorBase
from ..backends import by_type
from ..dtypes import from_raw

__all__ = ["Graph", "graph"]


class Graph:
    """The graph of tensors: displayed as a drawing in a notebook, and available as text for graphviz.

    Attributes
    ----------
    dot : str
        The graph in graphviz's language.
    svg : str
        The drawing.
    """

    def __init__(self, tensors: list[Any]) -> None:
        found: dict[Node, None] = {}
        stack = [x._node for x in tensors]
        while stack:
            node = _solid(stack.pop())
            if node not in found:
                found[node] = None
                stack.extend(edge for edge in node.edges if edge is not None)
        self._nodes = sorted(found, key=lambda node: -node.sequence)
        self._names = {node: f"n{i}" for i, node in enumerate(self._nodes)}
        self._edges = [
            (node, _solid(edge), _shape_of(edge)) for node in self._nodes for edge in node.edges if edge is not None
        ]

    @property
    def dot(self) -> str:
        """The graph in graphviz's language: the result at the top, the leaves at the bottom."""
        lines = ["digraph {", '  node [shape=box, fontname="sans-serif"];']
        lines += [f'  {self._names[node]} [label="{_label(node, chr(92) + "n")}"];' for node in self._nodes]
        lines += [f'  {self._names[a]} -> {self._names[b]} [label="{shape}"];' for a, b, shape in self._edges]
        return "\n".join([*lines, "}"])

    @property
    def svg(self) -> str:
        """A drawing in layers: every node is below those computed from it."""
        depth: dict[Node, int] = {}
        for node in self._nodes:  # results before what they were computed from
            depth.setdefault(node, 0)
            for edge in node.edges:
                if edge is not None:
                    below = _solid(edge)
                    depth[below] = max(depth.get(below, 0), depth[node] + 1)
        layers: dict[int, list[Node]] = {}
        for node in self._nodes:
            layers.setdefault(depth[node], []).append(node)
        width = max(len(layer) for layer in layers.values()) * 170 + 20
        place: dict[Node, tuple[float, float]] = {}
        for level, layer in layers.items():
            for i, node in enumerate(layer):
                place[node] = (width * (i + 1) / (len(layer) + 1), 40 + 90 * level)
        height = 90 * len(layers)
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">',
            '<g font-family="sans-serif" font-size="12" text-anchor="middle">',
        ]
        for a, b, shape in self._edges:
            (x1, y1), (x2, y2) = place[a], place[b]
            parts.append(f'<line x1="{x1:g}" y1="{y1 + 18:g}" x2="{x2:g}" y2="{y2 - 18:g}" stroke="#888"/>')
            x, y = (x1 + x2) / 2 + 4, (y1 + y2) / 2 + 4
            parts.append(f'<text x="{x:g}" y="{y:g}" fill="#777" font-size="10" text-anchor="start">{shape}</text>')
        for node, (x, y) in place.items():
            colour = "#d5e8d4" if isinstance(node, Leaf) else "#dae8fc"
            first, _, second = _label(node, "\n").partition("\n")
            parts.append(
                f'<rect x="{x - 75:g}" y="{y - 18:g}" width="150" height="36" rx="6" fill="{colour}" stroke="#666"/>'
                f'<text x="{x:g}" y="{y - (2 if second else -4):g}" fill="#111">{first}</text>'
                f'<text x="{x:g}" y="{y + 12:g}" fill="#444" font-size="10">{second}</text>'
            )
        return "".join([*parts, "</g></svg>"])

    def _repr_svg_(self) -> str:
        return self.svg

    def __repr__(self) -> str:
        return self.dot


def _solid(node: Node) -> Node:
    """The operation that an output belongs to."""
    return node.edges[0] if isinstance(node, Output) and node.edges[0] is not None else node


def _shape_of(node: Node) -> str:
    return "×".join(str(n) for n in node.shape) or "scalar"


def _label(node: Node, newline: str) -> str:
    if isinstance(node, Leaf):
        return f"leaf{newline}{_shape_of(node)}"
    saved = _nbytes(node.saved if isinstance(node.saved, tuple) else ())
    return node.name() + (f"{newline}saves {saved} bytes" if saved else "")


def _nbytes(value: Any) -> int:
    kind: Any = value.__class__
    if isinstance(value, (tuple, list)):
        return sum(_nbytes(part) for part in value)
    if kind in by_type:
        return math.prod(value.shape) * from_raw[value.dtype].itemsize
    return 0


def graph(tensors: Any) -> Graph:
    r"""The graph of one or several tensors: nodes named as in ``grad_fn``, with what they save, and shapes on the edges.

    Parameters
    ----------
    tensors : Tensor or sequence of Tensor
        Tracked.

    Raises
    ------
    TypeError
        If an argument is not a Tensor, or there is none.
    RuntimeError
        If a tensor is not tracked.

    Examples
    --------
    >>> import arrayad as xp
    >>> x = xp.ones(3, requires_grad=True)
    >>> print(xp.autograd.graph(xp.exp(x).sum()))
    digraph {
      node [shape=box, fontname="sans-serif"];
      n0 [label="SumBackward0"];
      n1 [label="ExpBackward0\nsaves 12 bytes"];
      n2 [label="leaf\n3"];
      n0 -> n1 [label="3"];
      n1 -> n2 [label="3"];
    }
    """
    given = [tensors] if isinstance(tensors, TensorBase) else list(tensors) if isinstance(tensors, (list, tuple)) else []
    if not given or not all(isinstance(x, TensorBase) for x in given):
        raise TypeError("graph(): expected a Tensor, or a list or tuple of Tensors")
    for x in given:
        if x._node is None:
            raise RuntimeError("graph(): the tensor does not require grad, so there is no graph")
    return Graph(given)

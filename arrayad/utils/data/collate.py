"""Making batches from samples."""

from __future__ import annotations

import copy
import functools
import threading
from collections import deque
from collections.abc import Mapping, MutableMapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ...autograd.tape import make
from ...dtypes import COMPLEX_OF, NUMBERS, get_default_dtype
from ...functions.creation import check_meaning, convert
from ...functions.manipulation import stack
from ...tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["default_collate", "default_convert", "map_tensors", "memory"]

_STRINGS = (str, bytes, bytearray)  # sequences that count as one object


def default_convert(data: Any) -> Any:
    """Convert the NumPy arrays in a sample to Tensors, in whatever containers they are.

    Parameters
    ----------
    data : object
        Arrays, alone or in mappings, tuples, named tuples, lists and dataclasses, nested in any way. Other objects are
        unchanged.

    Returns
    -------
    object
        Of the same structure; tuples become lists, as in PyTorch. Tensors are on the CPU and share the arrays' memory.

    Examples
    --------
    >>> import numpy as np, arrayad as xp
    >>> xp.utils.data.default_convert({"x": np.arange(3), "name": "a"})
    {'x': tensor([0, 1, 2]), 'name': 'a'}
    """
    if isinstance(data, (np.ndarray, np.generic)) and data.dtype.kind in "biufc":
        return convert(data, None, "cpu", None, "default_convert")
    parts = _parts(data)
    return data if parts is None else _rebuild(data, {key: default_convert(part) for key, part in parts.items()})


def default_collate(samples: Sequence[Any]) -> Any:
    """Make one batch of several samples: tensors, arrays and numbers are stacked, containers batched element by element.

    Parameters
    ----------
    samples : sequence
        All of one structure: Tensors, NumPy arrays, numbers, strings, or mappings, tuples, named tuples, lists and
        dataclasses of these, nested in any way.

    Returns
    -------
    object
        Of the structure of a sample (with lists for tuples, as in PyTorch), each Tensor with one more axis in front; strings
        and bytes become a list. Numbers get the default dtypes. Tensors made from arrays and numbers are on the CPU.

    Raises
    ------
    ValueError
        If the samples differ in length, shape or keys.
    TypeError
        For samples that cannot be batched.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.utils.data.default_collate([{"a": 1, "b": [0.5]}, {"a": 2, "b": [1.5]}])
    {'a': tensor([1, 2]), 'b': [tensor([0.5000, 1.5000])]}
    """
    if not hasattr(samples, "__len__") or not hasattr(samples, "__getitem__"):
        raise TypeError(f"default_collate(): expected a list of samples, not {type(samples).__name__}")
    if len(samples) == 0:
        raise ValueError("default_collate(): at least one sample is needed")
    return _collate(samples, "")


def _collate(samples: Sequence[Any], path: str) -> Any:
    """`default_collate` of the values along a path, such as ``['image'][0]``, in each sample."""
    first = samples[0]
    if isinstance(first, Tensor):
        if first._array.__class__ is np.ndarray and all(isinstance(x, Tensor) and x._node is None for x in samples):
            raw = [x._array for x in samples]
            if all(x.__class__ is np.ndarray and x.dtype is raw[0].dtype for x in raw):
                if len({x.shape for x in raw}) > 1:
                    _check(raw, "shape", lambda x: x.shape, path)
                return make(_stack(raw))
        return stack(list(samples))
    if isinstance(first, np.generic) and any(isinstance(x, NUMBERS) and not isinstance(x, np.generic) for x in samples):
        return _numbers(samples, path)  # as if the numbers came first
    if isinstance(first, (np.ndarray, np.generic)) and first.dtype.kind in "biufc":
        if len({getattr(x, "shape", None) for x in samples}) > 1:
            _check(samples, "shape", lambda x: getattr(x, "shape", type(x).__name__), path)
        for x in {type(x): x for x in samples}.values():
            check_meaning(x, "default_collate")
        return convert(_stack(samples), None, "cpu", None, "default_collate")
    if isinstance(first, NUMBERS):
        return _numbers(samples, path)
    if isinstance(first, _STRINGS):
        return list(samples)
    parts = _parts(first)
    if parts is None:
        raise TypeError(
            "default_collate(): a batch must be of tensors, arrays, numbers, strings, mappings, sequences or dataclasses, "
            f"got {_name_of(first)}{_at(path)}; give a collate_fn"
        )
    if type(first) in (tuple, list):  # the most frequent form, which needs no keys
        if not all(isinstance(sample, (tuple, list)) for sample in samples):
            _check(samples, "form", lambda x: "sequence" if isinstance(x, (tuple, list)) else type(x).__name__, path)
        if len({len(sample) for sample in samples}) > 1:
            _check(samples, "length", len, path)
        return [_collate(part, f"{path}[{i}]") for i, part in enumerate(zip(*samples, strict=True))]
    every = [_parts(sample) or {} for sample in samples]
    _check(every, "number of parts" if isinstance(first, Sequence) else "set of keys", frozenset, path)
    return _rebuild(first, {key: _collate([x[key] for x in every], f"{path}[{key!r}]") for key in parts})


def _name_of(x: Any) -> str:
    kind = type(x)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    return f"{name}, which from_dlpack() converts" if hasattr(x, "__dlpack__") else name


def map_tensors(data: Any, function: Callable[[Tensor], Any], method: str, *args: Any) -> Any:
    """Replace the Tensors in a batch, in whatever containers they are.

    An object with a method named `method` is replaced by the result of that method for `args`.
    """
    if isinstance(data, Tensor):
        return function(data)
    if hasattr(data, method):
        return getattr(data, method)(*args)
    parts = None if isinstance(data, Sequence) and not isinstance(data, (list, tuple)) else _parts(data)
    if parts is None:
        return data
    mapped = {key: map_tensors(part, function, method, *args) for key, part in parts.items()}
    return tuple(mapped.values()) if type(data) is tuple else _rebuild(data, mapped)


class _Memory(threading.local):
    """Where this thread allocates batches."""

    empty: Callable[[tuple[int, ...], np.dtype[Any]], np.ndarray[Any, Any] | None] | None = None


memory = _Memory()  # a worker process sets it to the shared memory through which batches are sent


def _stack(arrays: Sequence[Any]) -> np.ndarray[Any, Any]:
    """Stack arrays of one shape; ``numpy.stack`` takes three times as long for small ones."""
    shape, dtype = arrays[0].shape, arrays[0].dtype
    if not shape:
        return np.array(arrays)
    out = None
    if memory.empty is not None and all(x.dtype == dtype for x in arrays):
        out = memory.empty((len(arrays) * shape[0], *shape[1:]), dtype)
    return np.concatenate(arrays, out=out).reshape(len(arrays), *shape)


def _numbers(samples: Sequence[Any], path: str) -> Tensor:
    try:
        array = np.array(samples)
    except (ValueError, OverflowError) as error:
        raise type(error)(f"default_collate(): {error}{_at(path)}") from None
    if array.dtype.kind in "fcO" and all(isinstance(x, (int, np.integer)) for x in samples):
        raise OverflowError(f"default_collate(): integers that no integer dtype holds together{_at(path)}")
    if array.ndim != 1 or array.dtype.kind not in "biufc":
        types = sorted({type(x).__name__ for x in samples})
        raise TypeError(
            f"default_collate(): the samples of one batch must be of one form, got {', '.join(types)}{_at(path)}"
        )
    if array.dtype.kind in "fc":
        default = get_default_dtype()
        array = array.astype((default if array.dtype.kind == "f" else COMPLEX_OF[default]).dtype, copy=False)
    batch: Tensor = make(array)
    return batch


def _parts(data: Any) -> dict[Any, Any] | None:
    """The elements of a container by key or position, None for other objects."""
    if isinstance(data, Mapping):
        return dict(data)
    if isinstance(data, (list, tuple)) or (isinstance(data, Sequence) and not isinstance(data, _STRINGS)):
        return dict(enumerate(data))
    if hasattr(type(data), "__dataclass_fields__"):
        import dataclasses  # already imported if there is a dataclass, and otherwise not worth the time

        return {field.name: getattr(data, field.name) for field in dataclasses.fields(data)}
    return None


def _rebuild(like: Any, parts: dict[Any, Any]) -> Any:
    """A container of the same kind with other elements."""
    if type(like) is dict:
        return parts
    if isinstance(like, MutableMapping):  # of its own class: with its order, its default factory, …
        out = copy.copy(like)
        out.update(parts)
        return out
    if isinstance(like, Mapping):
        return parts
    if isinstance(like, tuple) and hasattr(like, "_fields"):
        return type(like)(*parts.values())
    if isinstance(like, (list, deque)) and type(like) is not list:  # of its own class too
        several = copy.copy(like)
        try:
            for i, part in parts.items():
                several[i] = part
        except TypeError:  # one that does not support assignment
            return list(parts.values())
        return several
    if isinstance(like, Sequence):
        return list(parts.values())
    out = copy.copy(like)
    for name, value in parts.items():
        object.__setattr__(out, name, value)  # also if the dataclass is frozen
    known = getattr(out, "__dict__", {})
    for name in [name for name in known if isinstance(getattr(type(out), name, None), functools.cached_property)]:
        del known[name]  # it belonged to the copied one
    return out


def _check(values: Sequence[Any], what: str, of: Callable[[Any], Any], path: str) -> None:
    """Refuse samples that differ, naming the first that does."""
    expected = of(values[0])
    for position, value in enumerate(values):
        found = of(value)
        if found != expected:
            shown = [sorted(map(str, x)) if isinstance(x, frozenset) else x for x in (expected, found)]
            raise ValueError(
                f"default_collate(): the samples of one batch must be of one {what}, got {shown[0]}, and {shown[1]} in "
                f"sample {position} of the batch{_at(path)}; give a collate_fn that pads, or makes a list"
            )


def _at(path: str) -> str:
    return f" at sample{path}" if path else ""

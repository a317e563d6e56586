"""Batches from samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...functions.creation import asarray, tensor
from ...functions.manipulation import stack
from ...tensor import Tensor

__all__ = ["default_collate", "default_convert"]

_NUMBERS = (bool, int, float, complex)


def default_convert(data: Any) -> Any:
    """A sample with its NumPy arrays made Tensors, in whatever containers they are."""
    return _walk(data, lambda x: asarray(x) if isinstance(x, (np.ndarray, np.generic)) else x)


def _walk(data: Any, convert: Any) -> Any:
    if isinstance(data, Mapping):
        return {key: _walk(value, convert) for key, value in data.items()}
    if isinstance(data, tuple) and hasattr(data, "_fields"):
        return type(data)(*[_walk(part, convert) for part in data])
    if isinstance(data, (list, tuple)):
        return [_walk(part, convert) for part in data]
    return convert(data)


def default_collate(samples: Sequence[Any]) -> Any:
    """One batch of several samples: tensors, arrays and numbers stacked, containers batched part by part.

    Parameters
    ----------
    samples : sequence
        All of one form: Tensors, NumPy arrays, numbers, strings, or mappings, tuples, named tuples and lists of these.

    Returns
    -------
    object
        Of the form of a sample (lists for tuples, as in PyTorch), each Tensor with one axis more in front; strings as a
        list.

    Raises
    ------
    ValueError
        If the samples are of different lengths or shapes.
    TypeError
        For what cannot be batched.

    Examples
    --------
    >>> import arrayad as xp
    >>> xp.utils.data.default_collate([{"a": 1, "b": [0.5]}, {"a": 2, "b": [1.5]}])
    {'a': tensor([1, 2]), 'b': [tensor([0.5000, 1.5000])]}
    """
    first = samples[0]
    if isinstance(first, Tensor):
        return stack(list(samples))
    if isinstance(first, (np.ndarray, np.generic)):
        shapes = {x.shape for x in samples}
        if len(shapes) > 1:
            raise ValueError(f"default_collate(): arrays of one batch must be of one shape, got {sorted(shapes)}")
        return asarray(np.stack(samples))
    if isinstance(first, _NUMBERS):
        return tensor(list(samples))
    if isinstance(first, (str, bytes)):
        return list(samples)
    if isinstance(first, Mapping):
        return {key: default_collate([sample[key] for sample in samples]) for key in first}
    if isinstance(first, (list, tuple)):
        if len({len(sample) for sample in samples}) > 1:
            raise ValueError("default_collate(): the samples of one batch must be of one length")
        parts = [default_collate(part) for part in zip(*samples, strict=True)]
        return type(first)(*parts) if hasattr(first, "_fields") else parts
    raise TypeError(
        "default_collate(): a batch must be of tensors, arrays, numbers, strings, mappings or sequences, got "
        f"{type(first).__name__}; give a collate_fn"
    )

"""Datasets: what has a length and a sample for each index."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np

from .collate import default_collate
from ...functions.creation import asarray
from ...tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Dataset", "TensorDataset", "fetch"]

T_co = TypeVar("T_co", covariant=True)


class Dataset(Generic[T_co]):
    """A collection of samples: a subclass gives ``__len__`` and ``__getitem__``.

    It may give ``__getitems__(indices)`` as well, which fetches a whole batch at once. Any sequence, NumPy array or Tensor
    is a dataset too, without being one of this class.
    """

    def __getitem__(self, index: Any) -> T_co:
        raise NotImplementedError(f"{type(self).__name__} needs a __getitem__(index)")

    def __len__(self) -> int:
        raise NotImplementedError(f"{type(self).__name__} needs a __len__()")


class TensorDataset(Dataset[tuple[Tensor, ...]]):
    """Samples that are the tuples of rows of tensors.

    Parameters
    ----------
    *tensors : Tensor
        Of one length.

    Raises
    ------
    ValueError
        If the lengths differ, or there is no tensor.

    Examples
    --------
    >>> import arrayad as xp
    >>> data = xp.utils.data.TensorDataset(xp.arange(3), xp.arange(3) * 10)
    >>> data[1]
    (tensor(1), tensor(10))
    """

    def __init__(self, *tensors: Tensor) -> None:
        if not tensors:
            raise ValueError("TensorDataset(): at least one tensor is needed")
        if len({len(x) for x in tensors}) > 1:
            raise ValueError(f"TensorDataset(): lengths must be equal, got {', '.join(str(len(x)) for x in tensors)}")
        self.tensors = tensors

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple([x[index] for x in self.tensors])

    def __getitems__(self, indices: Sequence[int]) -> tuple[Tensor, ...]:
        """The rows of several indices, already batched: each tensor is indexed once."""
        key = np.asarray(indices, dtype=np.int64)
        return tuple([x[key] for x in self.tensors])

    def __len__(self) -> int:
        return len(self.tensors[0])


def fetch(dataset: Any, indices: Sequence[int], collate: Any) -> Any:
    """The batch of some indices: by one indexing where the dataset can, else sample by sample."""
    if isinstance(dataset, TensorDataset) and collate is None:
        return list(dataset.__getitems__(indices))
    if isinstance(dataset, (Tensor, np.ndarray)) and collate is None:
        batch = dataset[np.asarray(indices, dtype=np.int64)]
        return batch if isinstance(batch, Tensor) else asarray(batch)
    if hasattr(dataset, "__getitems__") and not isinstance(dataset, TensorDataset):
        samples = dataset.__getitems__(indices)
    else:
        samples = [dataset[i] for i in indices]
    return (default_collate if collate is None else collate)(samples)

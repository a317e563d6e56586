"""Datasets, samplers and the loader of batches, as PyTorch's ``torch.utils.data``."""

from .collate import default_collate, default_convert
from .dataset import Dataset, TensorDataset
from .loader import DataLoader
from .sampler import BatchSampler, RandomSampler, Sampler, SequentialSampler

__all__ = [
    "BatchSampler",
    "DataLoader",
    "Dataset",
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "TensorDataset",
    "default_collate",
    "default_convert",
]

"""Datasets and the loader of batches, as PyTorch's ``torch.utils.data``."""

__all__: list[str] = []

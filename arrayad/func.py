"""Functional transforms, by the names of ``torch.func`` and JAX."""

from .autograd.transforms import *
from .autograd.transforms import __all__ as __all__

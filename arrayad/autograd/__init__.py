"""Automatic differentiation: the tape, its engine, and how an operation is declared."""

from .engine import backward, grad
from .tape import enable_grad, inference_mode, is_grad_enabled, no_grad, set_grad_enabled

__all__ = [
    "backward",
    "enable_grad",
    "grad",
    "inference_mode",
    "is_grad_enabled",
    "no_grad",
    "set_grad_enabled",
]

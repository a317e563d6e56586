"""Automatic differentiation: the tape, its engine, and the declaration of operations."""

from .engine import backward, grad
from .function import Function, FunctionContext, once_differentiable
from .gradcheck import GradcheckError, check_grads, gradcheck, gradgradcheck
from .modes import (
    detect_anomaly,
    enable_grad,
    inference_mode,
    is_grad_enabled,
    no_grad,
    set_detect_anomaly,
    set_grad_enabled,
)
from .mutation import copy_on_write_count
from .picture import graph

__all__ = [
    "Function",
    "FunctionContext",
    "GradcheckError",
    "backward",
    "check_grads",
    "copy_on_write_count",
    "detect_anomaly",
    "enable_grad",
    "grad",
    "gradcheck",
    "gradgradcheck",
    "graph",
    "inference_mode",
    "is_grad_enabled",
    "no_grad",
    "once_differentiable",
    "set_detect_anomaly",
    "set_grad_enabled",
]

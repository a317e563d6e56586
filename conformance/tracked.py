"""`arrayad` with every floating tensor tracked, so that the suite tests the recording code too.

Every tensor that the suite creates with a floating dtype is the recorded result of an operation (a clone) on a leaf that
requires a gradient. So every function receives tracked inputs and records its work, and in-place operations are allowed,
unlike on the leaf itself.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import arrayad
from arrayad import *

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = arrayad.__all__
__version__ = arrayad.__version__
__array_api_version__ = arrayad.__array_api_version__


def _track(x: Any) -> Any:
    if x.requires_grad or x.dtype.kind not in "fc":
        return x
    return x.requires_grad_().clone()


def _tracking(create: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(create)
    def tracking(*args: Any, **kwargs: Any) -> Any:
        return _track(create(*args, **kwargs))

    return tracking


arange = _tracking(arrayad.arange)
asarray = _tracking(arrayad.asarray)
empty = _tracking(arrayad.empty)
empty_like = _tracking(arrayad.empty_like)
eye = _tracking(arrayad.eye)
from_dlpack = _tracking(arrayad.from_dlpack)
full = _tracking(arrayad.full)
full_like = _tracking(arrayad.full_like)
linspace = _tracking(arrayad.linspace)
ones = _tracking(arrayad.ones)
ones_like = _tracking(arrayad.ones_like)
zeros = _tracking(arrayad.zeros)
zeros_like = _tracking(arrayad.zeros_like)

"""The standard's ``linalg`` extension."""

from .functions.linear_algebra import *
from .functions.linear_algebra import __all__ as __all__

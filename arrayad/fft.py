"""The standard's ``fft`` extension."""

from .functions.fft import *
from .functions.fft import __all__ as __all__

"""Random numbers."""

from .functions.random import *
from .functions.random import __all__ as __all__

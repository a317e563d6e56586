"""Special functions, named as SciPy names them."""

from .functions.special import *
from .functions.special import __all__ as __all__

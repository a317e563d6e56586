"""Every operation and function over Tensors, one file per chapter of the standard.

This is also the namespace `xp` of rules when a backward is recorded: it has the same names as a backend.
"""

from . import fft as fft
from . import linear_algebra as linalg
from . import special as special
from .creation import *
from .creation import contiguous
from .data_types import *
from .elementwise import *
from .indexing import *
from .inspection import *
from .keys import view_put as view_put
from .linear_algebra import matmul, matrix_transpose, tensordot, vecdot
from .manipulation import *
from .manipulation import broadcast_to as spread
from .numerical import *
from .searching import *
from .sets import *
from .sorting import *
from .statistical import *
from .utility import *
from ..dtypes import float64 as float64
from ..dtypes import int64 as int64

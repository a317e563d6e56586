"""`arrayad` with a GPU as its default device, so that the suite tests the CuPy backend."""

import arrayad
from arrayad import *

__all__ = arrayad.__all__
__version__ = arrayad.__version__
__array_api_version__ = arrayad.__array_api_version__

arrayad.set_default_device("cuda")

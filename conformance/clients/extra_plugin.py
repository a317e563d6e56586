"""A pytest plugin that makes `arrayad` a backend of array-api-extra's own tests, in memory: no file is edited.

Its tests run over the members of an enumeration, which is replaced here by one with one more member, before they import it.
"""

from __future__ import annotations

from enum import Enum
from typing import Any

from array_api_extra._lib import _backends

import arrayad

# The tests know that torch's default is float32, and expect float64 from any other library.
arrayad.set_default_dtype(arrayad.float64)

_theirs: Any = _backends.Backend


class _Methods:
    """The capabilities of the enumeration's members, preserved."""

    modname = vars(_theirs)["modname"]
    like = _theirs.like
    pytest_param = _theirs.pytest_param


_members = [(backend.name, backend.value) for backend in _theirs]
vars(_backends)["Backend"] = Enum("Backend", [*_members, ("ARRAYAD", "arrayad")], type=_Methods)

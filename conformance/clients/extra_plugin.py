"""A pytest plugin that gives array-api-extra's own tests `arrayad` for a backend, in memory: nothing of it is edited.

Its tests run over the members of an enumeration, which is put in place here, with one more member, before they import it.
"""

from __future__ import annotations

from enum import Enum
from typing import Any

from array_api_extra._lib import _backends

import arrayad

# The tests know that torch's default is float32, and take any other library's for float64.
arrayad.set_default_dtype(arrayad.float64)

_theirs: Any = _backends.Backend


class _Methods:
    """What the enumeration's members can do, kept."""

    modname = vars(_theirs)["modname"]
    like = _theirs.like
    pytest_param = _theirs.pytest_param


_members = [(backend.name, backend.value) for backend in _theirs]
vars(_backends)["Backend"] = Enum("Backend", [*_members, ("ARRAYAD", "arrayad")], type=_Methods)

"""Gradients through SciPy, scikit-learn and array-api-extra, by the cases of the command that writes docs/clients.md."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
for _name in ("sklearn", "scipy", "array_api_extra"):
    pytest.importorskip(_name, reason="a client whose functions are differentiated")


def test_gradients_through_clients() -> None:
    code = """if True:
        import json
        from conformance.clients import gradients
        print(json.dumps([(r.case.library, r.case.name, r.verdict, r.reason) for r in gradients.results()]))
    """
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "SCIPY_ARRAY_API": "1"}
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True).stdout
    found = json.loads(out)
    assert len(found) > 150
    # Leaving the namespace, or returning a number, is the client's choice, and differs between its versions.
    assert [f for f in found if f[2] in ("refused", "wrong")] == []
    assert all(f[3] for f in found if f[2] != "right")  # the line of the client is named
    assert sum(f[2] == "right" for f in found) > 120

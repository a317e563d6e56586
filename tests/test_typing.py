"""Type checkers on users' programs: the correct one passes `mypy --strict`, and each mistake is rejected.

The files are written as by a user: no setting of this project applies to them. Pyright, run by hand, accepts the correct one
and rejects the same lines of the other (1.1.414, in its standard mode, with arrayad installed).
"""

from __future__ import annotations

import re
import runpy
import shutil
import sys
from pathlib import Path

import pytest

api = pytest.importorskip("mypy.api", reason="mypy is what is asked")

HERE = Path(__file__).parent / "typing"
MARK = "# refused"


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[int, str]]:
    """The errors in each file, by line."""
    with pytest.MonkeyPatch.context() as patch:
        # In a separate folder, from which arrayad is found as if it were installed: its hints are read and its code is not,
        # in a tenth of the time. (mypy takes the first entry of the path for its own folder.)
        patch.setattr(sys, "path", ["", str(HERE.parent.parent), *sys.path])
        patch.chdir(tmp_path_factory.mktemp("mypy"))
        for name in ("correct.py", "wrong.py"):
            shutil.copy(HERE / name, name)
        # These two would lead to all of PyTorch and JAX, if they are installed.
        others = "[mypy-array_api_compat.*,optree.*]\nfollow_imports = skip\n"
        Path("mypy.ini").write_text("[mypy]\nstrict = True\n" + others, encoding="utf-8")
        out, problem, _ = api.run(["--no-error-summary", "correct.py", "wrong.py"])
    assert not problem
    found: dict[str, dict[int, str]] = {"correct.py": {}, "wrong.py": {}}
    for line in out.splitlines():
        where = re.match(r"(\w+\.py):(\d+): error: (.*)", line)
        if where is not None:
            found[where[1]].setdefault(int(where[2]), where[3])
    return found


def test_a_correct_program_is_accepted(refused: dict[str, dict[int, str]]) -> None:
    assert refused["correct.py"] == {}


def test_mistakes_are_refused(refused: dict[str, dict[int, str]]) -> None:
    lines = (HERE / "wrong.py").read_text(encoding="utf-8").splitlines()
    marked = {number for number, line in enumerate(lines, 1) if line.endswith(MARK)}
    assert {number: lines[number - 1] for number in marked - refused["wrong.py"].keys()} == {}
    assert {number: found for number, found in refused["wrong.py"].items() if number not in marked} == {}


def test_the_correct_program_runs() -> None:
    runpy.run_path(str(HERE / "correct.py"))

"""The commands in the README are the ones run here and in CI."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def _commands() -> list[str]:
    return re.findall(r"```sh\n(python -m venv .*)\n```", (ROOT / "README.md").read_text())


def test_ci_runs_the_readmes_test_command() -> None:
    _, tests = _commands()
    assert tests in (ROOT / ".ci" / "run").read_text().splitlines()


def test_each_command_is_one_line() -> None:
    assert len(_commands()) == 2
    assert _commands()[0].endswith("examples/train_digits.py")
    assert _commands()[1].endswith("-m pytest")


def test_digits_example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    picture = tmp_path / "digits.png"
    monkeypatch.setattr(sys, "argv", ["train_digits.py", "--output", str(picture)])
    score = runpy.run_path(str(ROOT / "examples" / "train_digits.py"))["main"]()
    out, progress = capfd.readouterr()
    assert score > 0.95
    assert f"accuracy on held-out digits: {score:.2%}" in out
    assert "step/s" in progress
    assert picture.read_bytes().startswith(b"\x89PNG")


_BENCHMARKS = {
    "dataloader": ["--runs", "1"],
    "gpu": ["--rounds", "1", "--calls", "1"],  # without a GPU it says so
    "import_time": ["--runs", "1"],
    "__main__": ["--rounds", "1", "--only", "^(add|where|mlp-8)$", "--against", "numpy"],
}


def test_every_benchmark_that_is_a_command_is_tried() -> None:
    commands = {p.stem for p in (ROOT / "benchmarks").glob("*.py") if "__main__" in p.read_text() or p.stem == "__main__"}
    assert commands == set(_BENCHMARKS)


@pytest.mark.parametrize("name", _BENCHMARKS)
def test_benchmark_runs(name: str) -> None:
    command = [sys.executable, "-m", f"benchmarks.{name}", *_BENCHMARKS[name]]
    out = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True).stdout
    assert "arrayad" in out

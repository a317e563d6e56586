"""The official suite with few examples, if it is on this machine; and the parts of its runner."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from conformance import run

ROOT = Path(__file__).parent.parent
SUITE = run.find_suite()


@pytest.mark.skipif(
    SUITE is None,
    reason=f"array-api-tests is not on this machine; `nox -s conformance` gets it from {run.SUITE}",
)
@pytest.mark.parametrize("namespace", ["arrayad", "tracked"])  # `nox -s gpu` has the one that needs a GPU
def test_suite_passes(namespace: str) -> None:
    command = [sys.executable, "-m", "conformance.run", "--namespace", namespace, "--examples", "20"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-5000:]
    assert "| **all** | 13" in done.stdout


def test_skips_and_xfails_are_only_those_by_design() -> None:
    folder = ROOT / "conformance"
    assert (folder / "skips.txt").read_text() == ""
    assert (folder / "xfails-arrayad.txt").read_text() == ""
    for name in ("tracked", "cuda"):
        lines = [x for x in (folder / f"xfails-{name}.txt").read_text().splitlines() if not x.startswith("#")]
        assert all(line.startswith("array_api_tests/test_dlpack.py") for line in lines)


def test_without_the_suite_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ARRAY_API_TESTS_DIR", str(tmp_path))
    assert run.main([]) == run.UNAVAILABLE
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    assert "skipped" in out
    assert "ARRAY_API_TESTS_DIR" in out


def test_counting(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    report.write_text(
        '<testsuites><testsuite><testcase classname="array_api_tests.test_fft" name="a"/>'
        '<testcase classname="array_api_tests.test_fft" name="b"><failure message="x"/></testcase>'
        '<testcase classname="array_api_tests.test_linalg" name="c"><skipped type="pytest.xfail"/></testcase>'
        '<testcase classname="array_api_tests.test_linalg" name="d"><skipped type="pytest.skip"/></testcase>'
        "</testsuite></testsuites>"
    )
    assert run.table("chapter", run.count(report)).splitlines()[2:] == [
        "| fft | 1 | 1 | 0 | 0 |",
        "| linalg | 0 | 0 | 1 | 1 |",
        "| **all** | 1 | 1 | 1 | 1 |",
    ]

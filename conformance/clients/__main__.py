"""Run the test suites of SciPy, scikit-learn and array-api-extra on `arrayad`, and write tables of the results.

    python -m conformance.clients [scipy] [sklearn] [extra] [gradients] [--submodule NAME ...] [--output docs/clients.md]

pip installs SciPy's and scikit-learn's tests with the libraries. Array-api-extra's are looked for in the folder that
ARRAY_API_EXTRA_DIR names, then in the user's cache folder, into which they are cloned at the pinned commit if needed; if
they cannot be obtained, one line says so. The libraries are not edited: pytest plugins register `arrayad` in memory. The
exit code is 0 if every failure is explained in `DEFECTS`, 1 otherwise.
"""

from __future__ import annotations

import argparse
import datetime
import importlib.metadata
import os
import platform
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from ..run import HERE, cache_folder, clone, outcome_of, table

if TYPE_CHECKING:
    from collections.abc import Iterable

os.environ["SCIPY_ARRAY_API"] = "1"  # read when SciPy is imported, in this process and in the tests'

EXTRA = "https://github.com/data-apis/array-api-extra"
EXTRA_COMMIT = "693b257ed3903045fcd5f5fc0cb8d0f07f783581"
SCIPY = (
    "_lib", "cluster", "constants", "differentiate", "fft", "integrate", "interpolate", "linalg", "ndimage", "optimize",
    "signal", "spatial", "special", "stats",
)  # fmt: skip
OUTCOMES = ("passed", "failed", "test's defect", "xfailed", "skipped")

# Tests that cannot pass on a library unknown to them, by part of their name, and why.
DEFECTS = {
    "test_array_api_lazy": "only for lazy arrays; it skips eager libraries by name",
    "test_delegates": "it requires a shortcut that exists only for NumPy, CuPy and PyTorch, by name",
}


def pytest(arguments: list[str], plugin: str, report: Path, folder: Path, path: Iterable[Path] = ()) -> None:
    """Run pytest with a plugin in its own process, with results in JUnit XML."""
    places = [str(HERE.parent), *map(str, path), os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, places))}
    options = ["-q", "-n", "auto", "-p", "no:cacheprovider", "--tb=short", f"--junitxml={report}"]
    command = [sys.executable, "-m", "pytest", "-p", f"conformance.clients.{plugin}", *options, *arguments]
    subprocess.run(command, cwd=folder, env=environment, check=False)


def count(report: Path) -> tuple[Counter[str], list[str]]:
    """Count tests by outcome, and list the names of unexplained failures."""
    outcomes: Counter[str] = Counter()
    failed = []
    for case in ElementTree.parse(report).iter("testcase"):
        name, outcome = f"{case.get('classname')}.{case.get('name')}", outcome_of(case)
        if outcome == "failed" and any(part in name for part in DEFECTS):
            outcome = "test's defect"
        outcomes[outcome] += 1
        failed += [name] if outcome == "failed" else []
    return outcomes, failed


def scipy(submodules: list[str], work: Path) -> dict[str, tuple[Counter[str], list[str]]]:
    """SciPy's tests that take a namespace, by submodule."""
    found = {}
    for name in submodules or SCIPY:
        report = work / f"scipy-{name}.xml"
        chosen = ["--pyargs", f"scipy.{name}", "-m", "array_api_backends", "-W", "ignore"]
        pytest(chosen, "scipy_plugin", report, work)
        found[f"scipy.{name}"] = count(report)
    return found


def sklearn(submodules: list[str], work: Path) -> dict[str, tuple[Counter[str], list[str]]]:
    """Scikit-learn's tests that take a namespace, by subpackage."""
    import sklearn as package

    root = Path(package.__file__).parent
    files = [f for f in root.rglob("test_*.py") if "yield_namespace" in f.read_text() or f.parent == root / "tests"]
    found = {}
    for name in submodules or sorted({f.relative_to(root).parts[0] for f in files}):
        parts = [f.relative_to(root.parent).with_suffix("").parts for f in files]
        modules = [".".join(p) for p in parts if p[1] == name]  # by name, so that pytest finds the top-level conftest
        report = work / f"sklearn-{name}.xml"
        pytest(["--pyargs", *modules, "-k", "arrayad", "-W", "ignore"], "sklearn_plugin", report, work)
        found[f"sklearn.{name}"] = count(report)
    return found


def extra(submodules: list[str], work: Path) -> dict[str, tuple[Counter[str], list[str]]]:
    """Array-api-extra's tests that take a namespace."""
    named = os.environ.get("ARRAY_API_EXTRA_DIR")
    folder = Path(named) if named else cache_folder("array-api-extra")
    if not (folder / "tests" / "main").is_dir() and (named or not clone(folder, ((EXTRA, EXTRA_COMMIT, ""),))):
        print(
            f"clients: array-api-extra's tests are skipped: unavailable; clone {EXTRA} at {EXTRA_COMMIT} and name "
            "its path in ARRAY_API_EXTRA_DIR"
        )
        return {}
    report = work / "extra.xml"
    pytest(["tests/main", "-k", "arrayad"], "extra_plugin", report, folder, [folder / "src"])
    return {"array_api_extra": count(report)}


SUITES = {"scipy": scipy, "sklearn": sklearn, "extra": extra}


def main(arguments: list[str] | None = None) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="*", choices=[*SUITES, "gradients", []], help="default: all")
    parser.add_argument("--submodule", action="append", default=[], help="of SciPy or scikit-learn; may be repeated")
    parser.add_argument("--output", type=Path, help="write the tables to this Markdown file")
    options = parser.parse_args(arguments)
    wanted = options.what or [*SUITES, "gradients"]

    parts = []
    failed: list[str] = []
    with tempfile.TemporaryDirectory() as work:
        for name, suite in SUITES.items():
            found = suite(options.submodule, Path(work)) if name in wanted else {}
            if found:
                failed += [test for _, tests in found.values() for test in tests]
                rows = {f"`{part}`": outcomes for part, (outcomes, _) in found.items()}
                title = "array-api-extra" if name == "extra" else name
                parts.append(f"## Tests of {title}\n\n{table('tests', rows, OUTCOMES)}")
    if parts:
        parts.append(
            "## Defects of tests\n\n| test | why it cannot pass |\n|---|---|\n"
            + "\n".join(f"| `{name}` | {why} |" for name, why in DEFECTS.items())
        )
    if "gradients" in wanted:
        from . import gradients

        parts.append(f"## Gradients\n\n{gradients.table(gradients.results())}")
    text = "\n\n".join(parts)
    print(text)
    for test in failed:
        print(f"failed: {test}")
    if options.output:
        versions = ", ".join(
            f"{name} {importlib.metadata.version(name)}" for name in ("numpy", "scipy", "scikit-learn", "array-api-extra")
        )
        command = " ".join(["python -m conformance.clients", *options.what])
        options.output.write_text(
            f"<!-- written by: {command} --output {options.output} -->\n\n"
            "# Other libraries' tests and gradients\n\n"
            "Results of the test suites of SciPy, scikit-learn and array-api-extra with `arrayad` as the namespace, and of "
            "gradients through their functions, compared with central differences of the same functions on NumPy arrays. "
            "[Interoperation](interop.md) explains how this works.\n\n"
            "A function *leaves the namespace* if its own source converts an argument to a NumPy array (the table names the "
            "line); a tracked tensor refuses that with an error, so no gradient is lost silently. A function *gives a "
            "number* if it converts its result, or a value on which the result depends, to a Python `float` (the table "
            "names the line).\n\n"
            f"{versions}, array-api-extra's tests at {EXTRA_COMMIT[:12]}; Python {platform.python_version()}, "
            f"{datetime.date.today()}.\n\n{text}\n"
        )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

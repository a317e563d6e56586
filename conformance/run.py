"""Run the official array-api-tests suite and write a table of its results by chapter.

    python -m conformance.run [--namespace arrayad|tracked|cuda] [--examples 200] [--version 2025.12] [--output FILE]

The suite is looked for in the folder that ARRAY_API_TESTS_DIR names, then in the user's cache folder, into which it is
cloned at the pinned commit if needed. If it cannot be obtained, one line says so and the exit code is 75. Otherwise the exit
code is pytest's.
"""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections import Counter, defaultdict
from pathlib import Path

import arrayad

SUITE = "https://github.com/data-apis/array-api-tests"
SUITE_COMMIT = "55fcc60179efa2680ddd6cd926ddf17b83530e2b"
STANDARD = "https://github.com/data-apis/array-api"
STANDARD_COMMIT = "5f847a3858875c682ae901aa22b0413bf24be9da"
HERE = Path(__file__).resolve().parent
STRICT_FROM = 100  # with fewer examples an xfail may by chance draw only integers, which are not tracked, and pass
UNAVAILABLE = 75  # EX_TEMPFAIL
MODULES = {"arrayad": "arrayad", "tracked": "conformance.tracked", "cuda": "conformance.cuda"}  # the last needs a GPU
OUTCOMES = ("passed", "failed", "xfailed", "skipped")


def cache_folder(name: str = "array-api-tests") -> Path:
    """The cache folder for a repository."""
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "arrayad" / name


def find_suite() -> Path | None:
    """The folder of the suite, if it is on this machine."""
    named = os.environ.get("ARRAY_API_TESTS_DIR")
    folder = Path(named) if named else cache_folder()
    return folder if (folder / "array_api_tests").is_dir() and (folder / "array-api" / "src").is_dir() else None


def clone_suite() -> Path | None:
    """Clone the suite, and the standard inside it, into the cache folder; None if that is not possible."""
    sources = ((SUITE, SUITE_COMMIT, ""), (STANDARD, STANDARD_COMMIT, "array-api"))
    return find_suite() if clone(cache_folder(), sources) else None


def clone(folder: Path, sources: tuple[tuple[str, str, str], ...]) -> bool:
    """Clone repositories at commits into places in a folder, all or none; returns whether that was possible."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as work:
        for url, commit, place in sources:
            target = Path(work, "whole", place)
            target.mkdir(parents=True)
            for command in (["init", "-q"], ["fetch", "-q", "--depth=1", url, commit], ["checkout", "-q", commit]):
                done = subprocess.run(
                    ["git", *command],
                    cwd=target,
                    stdin=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    env={**os.environ, "GIT_TERMINAL_PROMPT": "0"},
                    check=False,
                )
                if done.returncode:
                    return False
        if not folder.exists():  # another process may have been faster
            Path(work, "whole").rename(folder)
    return True


def run_suite(suite: Path, namespace: str, version: str, examples: int, report: Path) -> int:
    """Run the suite in its own process, with results in JUnit XML; returns pytest's exit code."""
    environment = {
        **os.environ,
        "ARRAY_API_TESTS_MODULE": MODULES[namespace],
        "ARRAY_API_TESTS_VERSION": version,
        "PYTHONPATH": os.pathsep.join(filter(None, (str(HERE.parent), os.environ.get("PYTHONPATH")))),
    }
    command = [
        sys.executable,
        "-m",
        "pytest",
        "array_api_tests",
        "-q",
        "-n",
        "auto",
        "-p",
        "no:cacheprovider",
        f"--max-examples={examples}",
        "--disable-deadline",  # a busy machine is not a failure
        f"--skips-file={HERE / 'skips.txt'}",
        f"--xfails-file={HERE / f'xfails-{namespace}.txt'}",
        "-o",
        f"xfail_strict={'true' if examples >= STRICT_FROM else 'false'}",
        f"--junitxml={report}",
    ]
    return subprocess.run(command, cwd=suite, env=environment, check=False).returncode


def count(report: Path) -> dict[str, Counter[str]]:
    """Count the tests of each chapter by outcome."""
    chapters: dict[str, Counter[str]] = defaultdict(Counter)
    for case in ElementTree.parse(report).iter("testcase"):
        chapter = case.get("classname", "").split(".")[1].removeprefix("test_")
        chapters[chapter.replace("_", " ")][outcome_of(case)] += 1
    return dict(sorted(chapters.items()))


def outcome_of(case: ElementTree.Element) -> str:
    """The outcome of a test in JUnit XML."""
    skipped = case.find("skipped")
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    if skipped is not None:
        return "xfailed" if skipped.get("type") == "pytest.xfail" else "skipped"
    return "passed"


def table(what: str, rows: dict[str, Counter[str]], outcomes: tuple[str, ...] = OUTCOMES) -> str:
    """A Markdown table of counts."""
    lines = [f"| {what} | " + " | ".join(outcomes) + " |", "|---|" + "---:|" * len(outcomes)]
    for name, counts in {**rows, "**all**": sum(rows.values(), Counter[str]())}.items():
        lines.append(f"| {name} | " + " | ".join(str(counts[outcome]) for outcome in outcomes) + " |")
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--namespace", choices=MODULES, default="arrayad")
    parser.add_argument("--examples", type=int, default=200, help="Hypothesis examples for each test")
    parser.add_argument("--version", default="2025.12", help="of the standard")
    parser.add_argument("--output", type=Path, help="write the table to this Markdown file")
    options = parser.parse_args(arguments)

    if options.namespace == "cuda" and not arrayad.cuda.is_available():
        print("conformance: skipped, there is no GPU, or no CuPy for it")
        return UNAVAILABLE
    suite = find_suite() or (None if "ARRAY_API_TESTS_DIR" in os.environ else clone_suite())
    if suite is None:
        print(
            f"conformance: skipped, array-api-tests is unavailable; clone {SUITE} at {SUITE_COMMIT}, with {STANDARD} at "
            f"{STANDARD_COMMIT} as its folder array-api, and name its path in ARRAY_API_TESTS_DIR"
        )
        return UNAVAILABLE
    with tempfile.TemporaryDirectory() as work:
        report = Path(work, "report.xml")
        code = run_suite(suite, options.namespace, options.version, options.examples, report)
        if not report.exists():
            return code or 1
        text = table("chapter", count(report))
    print(text)
    if options.output:
        import numpy

        options.output.write_text(
            f"<!-- written by: python -m conformance.run --namespace {options.namespace} --examples {options.examples} "
            f"--version {options.version} --output {options.output.name} -->\n\n"
            f"array-api-tests {SUITE_COMMIT[:12]}, version {options.version} of the standard, {options.examples} examples a "
            f"test, namespace `{MODULES[options.namespace]}`; arrayad {arrayad.__version__}, NumPy {numpy.__version__}, "
            f"Python {platform.python_version()}, {datetime.date.today()}.\n\n{text}\n"
        )
    return code


if __name__ == "__main__":
    sys.exit(main())

"""Every public name has a docstring, and the examples in docstrings give the output shown."""

from __future__ import annotations

import doctest
import inspect
import re
import subprocess
import sys
from typing import Any

import pytest

import arrayad as xp


def _public() -> dict[str, Any]:
    found: dict[str, Any] = {"arrayad": xp}
    for module in (
        xp,
        xp.linalg,
        xp.fft,
        xp.special,
        xp.func,
        xp.random,
        xp.cuda,
        xp.autograd,
        xp.utils.checkpoint,
        xp.utils.data,
    ):
        for name in module.__all__:
            found[f"{module.__name__}.{name}"] = getattr(module, name)
    for owner in (xp.Tensor, xp.Generator, xp.Size, xp.DType, xp.device, xp.utils.data.DataLoader):
        for name in vars(owner):
            if not name.startswith("_"):
                found[f"{owner.__name__}.{name}"] = inspect.getattr_static(owner, name)
    return {name: value for name, value in found.items() if callable(value) or isinstance(value, property)}


PUBLIC = _public()


@pytest.mark.parametrize("name", PUBLIC)
def test_docstring(name: str) -> None:
    text = inspect.getdoc(PUBLIC[name])
    assert text, f"{name} has no docstring"
    assert text.splitlines()[0].endswith((".", ":")) or len(text.splitlines()) > 1


# The form of the entries of each section: names and their type, exceptions, a type.
_ENTRIES = {
    "Parameters": r"\*{0,2}\w+(, \*{0,2}\w+)*( : .+)?",
    "Attributes": r"\w+(, \w+)*( : .+)?",
    "Raises": r"\w+(\.\w+)*(, \w+(\.\w+)*)*",
    "Returns": r"[^.]+",
}


@pytest.mark.parametrize("name", PUBLIC)
def test_sections_have_entries(name: str) -> None:
    _, *parts = re.split(r"^(\w+(?: \w+)*)\n-+\n", inspect.getdoc(PUBLIC[name]) or "", flags=re.MULTILINE)
    for section, body in zip(parts[::2], parts[1::2], strict=True):
        if section in _ENTRIES:
            entries = [line for line in body.splitlines() if line and not line.startswith(" ")]
            assert entries
            for entry in entries:
                assert re.fullmatch(_ENTRIES[section], entry), f"{section}: {entry}"


@pytest.mark.parametrize("name", [n for n in PUBLIC if "Examples\n---" in (inspect.getdoc(PUBLIC[n]) or "")])
def test_examples_are_the_last_section(name: str) -> None:
    sections = re.findall(r"^ *(\w+(?: \w+)*)\n *-+$", inspect.getdoc(PUBLIC[name]) or "", re.MULTILINE)
    assert sections[-1] == "Examples"


def test_without_docstrings() -> None:
    code = "import arrayad; print(arrayad.exp.__doc__)"
    out = subprocess.run([sys.executable, "-OO", "-c", code], capture_output=True, text=True, check=True).stdout
    assert out == "None\n"


def run_examples(text: str, name: str) -> None:
    test = doctest.DocTestParser().get_doctest(text, {}, name, None, 0)
    report: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    runner.run(test, out=report.append)
    assert not runner.failures, "".join(report)


@pytest.mark.parametrize("name", [n for n in PUBLIC if ">>>" in (inspect.getdoc(PUBLIC[n]) or "")])
def test_example_of_docstring(name: str) -> None:
    run_examples(inspect.getdoc(PUBLIC[name]) or "", name)


@pytest.mark.parametrize("name", PUBLIC)
def test_pytorchs_names_of_axes_are_told(name: str) -> None:
    text = inspect.getdoc(PUBLIC[name]) or ""
    for ours, theirs in (("axis", "``dim"), ("axes", "``dim"), ("keepdims", "``keepdim``")):
        if re.search(rf"^ *(\w+, )*{ours} :", text, re.MULTILINE) and _takes(PUBLIC[name], theirs.strip("`")):
            assert theirs in text, f"{name} takes {theirs.strip('`')} for {ours} and does not say so"


def _takes(function: Any, name: str) -> bool:
    """Whether a function accepts a parameter under PyTorch's name, which its signature does not show."""
    op = getattr(function, "operation", None)
    if op is not None:
        return name in op.spellings
    return name in (inspect.getclosurevars(function).nonlocals.get("spellings", {}) if inspect.isfunction(function) else {})

"""Costs of a library other than time: the memory of a workload, and disk space."""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

from .import_time import ENVIRONMENT

ROOT = Path(__file__).resolve().parents[1]
_PEAK = """
import sys
from benchmarks.contestants import contestants
from benchmarks.workloads import MEMORY
(lib,) = contestants([sys.argv[1]])
step = MEMORY[sys.argv[2]](lib)
def status(name):
    return next(int(line.split()[1]) * 1024 for line in open("/proc/self/status") if line.startswith(name))
before = status("VmRSS")
step()
step()
print(status("VmHWM") - before)  # not getrusage, whose maximum a child takes over from its parent
"""


def peak_memory(library: str, workload: str) -> int:
    """Bytes by which the peak memory of a new process grows in two steps of a workload (Linux)."""
    command = [sys.executable, "-c", _PEAK, library, workload]
    return int(subprocess.run(command, check=True, capture_output=True, text=True, env=ENVIRONMENT, cwd=ROOT).stdout)


def disk(library: str) -> int:
    """Bytes of a library and everything it requires, as installed, without compiled bytecode."""
    requirements = {}
    project: Any = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    waiting = [library]
    while waiting:
        name = waiting.pop()
        if name in requirements:
            continue
        if name == project["name"]:  # perhaps run from a checkout, and not installed
            files = (ROOT / name).rglob("*")
            needs = project["dependencies"]
        else:
            distribution = importlib.metadata.distribution(name)
            files = (Path(str(file.locate())) for file in distribution.files or ())
            needs = [need for need in distribution.requires or () if "extra ==" not in need]
        requirements[name] = sum(f.stat().st_size for f in files if f.is_file() and f.suffix != ".pyc")
        for need in needs:
            found = re.match(r"[A-Za-z0-9._-]+", need)
            if found and _installed(found[0]):  # a requirement for another platform is not
                waiting.append(found[0].lower().replace("_", "-"))
    return sum(requirements.values())


def _installed(name: str) -> bool:
    try:
        importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True

"""Development sessions: `nox` runs lint, types and tests; `nox -s NAME` runs one session."""

import ctypes

import nox

nox.options.default_venv_backend = "uv|virtualenv"
nox.options.sessions = ["lint", "typecheck", "tests"]
nox.options.reuse_existing_virtualenvs = True


@nox.session
def lint(session: nox.Session) -> None:
    """Check with ruff: rules and format."""
    session.install("ruff>=0.11")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def typecheck(session: nox.Session) -> None:
    """Check types with strict mypy."""
    session.install("-e", ".[dev]")
    session.run("mypy")


@nox.session(python=["3.11", "3.12", "3.13", "3.14"])
def tests(session: nox.Session) -> None:
    """Run the tests; arguments go to pytest."""
    session.install("-e", ".[dev]")
    session.run("pytest", *session.posargs)


@nox.session(python="3.11")
def oldest(session: nox.Session) -> None:
    """Run the tests with the oldest versions that pyproject.toml allows, of arrayad's and the tests' requirements."""
    project = nox.project.load_toml("pyproject.toml")["project"]
    extras = [project["optional-dependencies"][extra] for extra in ("scipy", "safetensors", "examples", "dev")]
    needs = [need for some in (project["dependencies"], *extras) for need in some if ">=" in need]
    session.install("-e", ".[dev]", *[need.replace(">=", "==") for need in needs])
    session.run("pytest", *session.posargs)


@nox.session
def conformance(session: nox.Session) -> None:
    """Run the official array-api-tests suite: `nox -s conformance -- --examples 200 --namespace tracked`."""
    session.install("-e", ".[dev]")
    # 75: the suite cannot be obtained, as the command has said.
    session.run("python", "-m", "conformance.run", *session.posargs, success_codes=[0, 75])


@nox.session
def clients(session: nox.Session) -> None:
    """Run SciPy's, scikit-learn's and array-api-extra's own tests, and gradients through them: `nox -s clients -- scipy`."""
    session.install("-e", ".[dev]")
    session.run("python", "-m", "conformance.clients", *session.posargs)


@nox.session
def digits(session: nox.Session) -> None:
    """Run the example that trains on handwritten digits."""
    session.install("-e", ".[examples]")
    session.run("python", "examples/train_digits.py", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Run the benchmarks beside torch and the other installed contestants: `nox -s bench -- --quick`."""
    session.install("-e", ".[bench]")
    session.run("python", "-m", "benchmarks", *session.posargs)


# What needs a GPU. Each step is also a plain command, for a machine with a GPU and no package registry.
GPU_STEPS = (
    "-m pytest tests --backend=cupy",  # functions, rules and engine on CuPy
    "-m pytest tests/test_cuda.py",  # devices, streams, waiting, DLPack with PyTorch, the loader
    "-m conformance.run --namespace cuda",  # the official suite
    "examples/train_digits.py --device cuda",
    "-m benchmarks.gpu",
)


def _gpus() -> int:
    """The number of GPUs that the driver sees."""
    count = ctypes.c_int(0)
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return 0
    return count.value if driver.cuInit(0) == 0 and driver.cuDeviceGetCount(ctypes.byref(count)) == 0 else 0


@nox.session(venv_backend=None if _gpus() else "none")
def gpu(session: nox.Session) -> None:
    """Run everything that needs a GPU, with CuPy for CUDA 13: `nox -s gpu`."""
    if not _gpus():
        session.skip("there is no GPU")
    session.install("-e", ".[dev,cuda13]", "torch")
    for step in GPU_STEPS:
        session.run("python", *step.split(), *session.posargs, success_codes=[0, 75])


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation into docs/_build/html, executing the notebooks; warnings are errors."""
    session.install("-e", ".[docs]")
    session.run("python", "-m", "sphinx", "-W", "--keep-going", "docs", "docs/_build/html", *session.posargs)

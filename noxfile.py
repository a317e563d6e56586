"""Sessions of development: `nox` runs lint, types and tests; `nox -s NAME` one of them."""

import nox

nox.options.default_venv_backend = "uv|virtualenv"
nox.options.sessions = ["lint", "typecheck", "tests"]
nox.options.reuse_existing_virtualenvs = True


@nox.session
def lint(session: nox.Session) -> None:
    """Ruff: rules and format."""
    session.install("ruff>=0.11")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def typecheck(session: nox.Session) -> None:
    """Strict mypy on the package."""
    session.install("-e", ".[dev]")
    session.run("mypy")


@nox.session(python=["3.11", "3.12", "3.13", "3.14"])
def tests(session: nox.Session) -> None:
    """The tests; arguments go to pytest."""
    session.install("-e", ".[dev]")
    session.run("pytest", *session.posargs)


@nox.session
def conformance(session: nox.Session) -> None:
    """The official array-api-tests suite: `nox -s conformance -- --examples 200 --namespace tracked`."""
    session.install("-e", ".[dev]")
    # 75: the suite cannot be had here, as the command has said.
    session.run("python", "-m", "conformance.run", *session.posargs, success_codes=[0, 75])


@nox.session
def digits(session: nox.Session) -> None:
    """The example that trains on handwritten digits."""
    session.install("-e", ".[examples]")
    session.run("python", "examples/train_digits.py", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """The benchmarks beside torch and what else of the contestants is installed: `nox -s bench -- --quick`."""
    session.install("-e", ".[bench]")
    session.run("python", "-m", "benchmarks", *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """The documentation, to docs/_build/html; notebooks are run, and warnings are errors."""
    session.install("-e", ".[docs]")
    session.run("python", "-m", "sphinx", "-W", "--keep-going", "docs", "docs/_build/html", *session.posargs)

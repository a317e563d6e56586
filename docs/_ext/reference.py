"""Generate the pages of the reference from the namespace and the declared operations when Sphinx starts.

There is one page per chapter of the standard, in its order, then pages for what arrayad has beyond it. Each function has its
signature, its differentiability, taken from its declaration, and a link to the standard. The pages go to docs/reference/,
which git ignores; only its index is written by hand.
"""

from __future__ import annotations

import inspect
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import arrayad as xp
from arrayad import backends
from arrayad.autograd import operation
from tests import standard

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sphinx.application import Sphinx

STANDARD = f"https://data-apis.org/array-api/{xp.__array_api_version__}"
CHAPTERS = {  # chapter of the standard: title of its page
    "creation": "Creation functions",
    "data_type": "Data type functions",
    "elementwise": "Elementwise functions",
    "indexing": "Indexing functions",
    "linear_algebra": "Linear algebra functions",
    "manipulation": "Manipulation functions",
    "searching": "Searching functions",
    "set": "Set functions",
    "sorting": "Sorting functions",
    "statistical": "Statistical functions",
    "utility": "Utility functions",
    "linalg": "Linear algebra extension",
    "fft": "Fourier transform extension",
}


class Entry(NamedTuple):
    """A public name: its module, and the object."""

    module: str
    name: str
    value: Any

    @property
    def path(self) -> str:
        """The full name."""
        return f"{self.module}.{self.name}"


def differentiability(function: Any) -> str:
    """Describe the differentiability in a few words, from an operation's declaration or a plain function's parts."""
    op = getattr(function, "operation", None)
    if op is not None:
        kind = "own rule" if op.kind == "differentiable" else op.kind
        return f"no: {op.reason}" if op.kind == "not differentiable" else f"yes ({kind})"
    text = inspect.getdoc(function) or ""
    if "Not differentiable" in text:
        return "no"
    if "ifferentiable" in text:
        return "yes (composed)"
    return "yes (composed)" if _composed_of(function) else "—"


def _composed_of(function: Any, seen: frozenset[Any] = frozenset()) -> bool:
    """Whether a plain function returns a Tensor computed by differentiable operations."""
    if not isinstance(function, types.FunctionType) or "Tensor" not in str(function.__annotations__.get("return", "")):
        return False
    named = [function.__globals__.get(name) for name in function.__code__.co_names]
    if any(f.operation.kind != "not differentiable" for f in named if hasattr(f, "operation")):
        return True
    seen |= {function}
    return any(_composed_of(f, seen) for f in named if isinstance(f, types.FunctionType) and f not in seen)


def link(chapter: str, name: str) -> str:
    """The URL of a function's page in the standard."""
    if chapter in ("linalg", "fft"):
        return f"{STANDARD}/extensions/generated/array_api.{chapter}.{name}.html"
    return f"{STANDARD}/API_specification/generated/array_api.{name}.html"


def chapter_link(chapter: str) -> str:
    """The URL of a chapter of the standard."""
    if chapter in ("linalg", "fft"):
        part = {"linalg": "linear_algebra_functions", "fft": "fourier_transform_functions"}[chapter]
        return f"{STANDARD}/extensions/{part}.html"
    return f"{STANDARD}/API_specification/{chapter}_functions.html"


def entries(module: Any, names: Iterable[str] | None = None) -> list[Entry]:
    """Public names of a module."""
    return [Entry(module.__name__, name, getattr(module, name)) for name in (names or module.__all__)]


def summary(value: Any) -> str:
    """The first sentence of a docstring, as reStructuredText for a table."""
    lines = (inspect.getdoc(value) or "").partition("\n\n")[0].split("\n")
    return " ".join(lines)


def _heading(title: str, mark: str = "=") -> list[str]:
    return [title, mark * len(title), ""]


def _table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]], widths: str) -> list[str]:
    lines = [".. list-table::", "   :header-rows: 1", f"   :widths: {widths}", ""]
    for row in (header, *rows):
        lines += [f"   {'*' if i == 0 else ' '} - {cell}" for i, cell in enumerate(row)]
    return [*lines, ""]


def _overview(found: list[Entry], gradients: bool = True) -> list[str]:
    rows = [(f":any:`{e.name} <{e.path}>`", summary(e.value), _short(differentiability(e.value))) for e in found]
    if gradients and any(gradient != "—" for _, _, gradient in rows):
        return _table(("name", "", "gradient"), rows, "25 55 20")
    return _table(("name", ""), [row[:2] for row in rows], "25 75")


def _short(words: str) -> str:
    return words.partition(":")[0].removeprefix("yes (").removesuffix(")")


def _details(found: list[Entry], chapter: str = "", gradients: bool = True) -> list[str]:
    lines = []
    for e in found:
        is_class = inspect.isclass(e.value)
        lines += [f".. {'autoclass' if is_class else 'autofunction'}:: {e.path}", *(["   :members:"] * is_class), ""]
        notes = []
        if gradients and not is_class and differentiability(e.value) != "—":
            notes.append(f":Differentiable: {differentiability(e.value)}")
        if chapter:
            notes.append(f":In the standard: `{e.name} <{link(chapter, e.name)}>`__")
        lines += [*(f"   {note}" for note in notes), ""]
    return lines


def _section(title: str, found: list[Entry], introduction: str = "", chapter: str = "") -> list[str]:
    text = [introduction, ""] * bool(introduction)
    return [*_heading(title), *text, *_overview(found), *_details(found, chapter)]


def _home(value: Any) -> str:
    """The file in the package that defines a public object."""
    return str(getattr(value, "__module__", "")).rpartition(".")[2]


def _is_alias(e: Entry) -> bool:
    return not inspect.isclass(e.value) and getattr(e.value, "__name__", e.name).strip("_") != e.name.strip("_")


def pages() -> dict[str, list[str]]:
    """The text of each page, by name."""
    files = {"data_type": "data_types", "set": "sets", "linalg": "linear_algebra"}
    out = {"array": _array_page(), "constants_and_dtypes": _dtype_page()}
    functions = [e for e in entries(xp) if isinstance(e.value, types.FunctionType) and not e.name.startswith("__")]
    own = [e for e in functions if not _is_alias(e)]
    listed: set[str] = set()

    def take(found: list[Entry]) -> list[Entry]:
        fresh = [e for e in found if e.path not in listed]
        listed.update(e.path for e in fresh)
        return fresh

    for chapter, title in CHAPTERS.items():
        module = {"linalg": xp.linalg, "fft": xp.fft}.get(chapter, xp)
        found = take(entries(module, standard.FUNCTIONS[chapter]))
        note = f"`{title} in the standard <{chapter_link(chapter)}>`__."
        out[chapter] = _section(title, found, note, chapter)
        if chapter == "linear_algebra":
            more = []
        elif module is xp:
            more = take([e for e in own if _home(e.value) == files.get(chapter, chapter)])
        else:
            more = take([e for e in entries(module) if not _is_alias(e)])
        if more:
            out[chapter] += [*_heading("Beyond the standard", "-"), *_overview(more), *_details(more)]
    info = Entry("arrayad", "__array_namespace_info__", xp.__array_namespace_info__)
    out["inspection"] = [
        *_heading("Inspection"),
        f"`Inspection in the standard <{STANDARD}/API_specification/inspection.html>`__.",
        "",
        *_details([info], ""),
        f".. autoclass:: {type(xp.__array_namespace_info__()).__module__}.{type(xp.__array_namespace_info__()).__name__}",
        "   :members:",
        "",
        *_heading("Printing", "-"),
        *_details(take([e for e in own if _home(e.value) == "printing"])),
    ]
    out["devices"] = _section("Devices", take([e for e in own if "default_device" in e.name]), _DEVICES)
    out["devices"] += [".. autoclass:: arrayad.device", "", *_heading("GPUs", "-")]
    out["devices"] += [".. module:: arrayad.cuda", "", *_overview(entries(xp.cuda)), *_details(entries(xp.cuda))]
    out["random"] = _section(
        "Random numbers", entries(xp.random), "The same functions are in the namespace itself: ``arrayad.rand``."
    )
    listed.update(e.path for e in own if _home(e.value) == "random")
    out["special"] = _section(
        "Special functions", [e for e in entries(xp.special) if not _is_alias(e)], "Named as in SciPy."
    )
    aliases = [e for e in functions if _is_alias(e)]
    pytorch = take([e for e in own if _home(e.value).startswith("pytorch")])
    out["func"] = _section("Functional transforms", [e for e in entries(xp.func) if not _is_alias(e)], _TRANSFORMS)
    out["autograd"] = _section(
        "Recording and backward",
        [e for e in entries(xp.autograd) if not _is_alias(e)],
        "``no_grad``, ``enable_grad``, ``inference_mode``, ``set_grad_enabled`` and ``is_grad_enabled`` are in the "
        "namespace itself too.",
    )
    listed.update(e.path for e in own if e.name in xp.autograd.__all__)
    out["autograd"] += [*_heading("Checkpoints", "-"), *_details(entries(xp.utils.checkpoint))]
    out["data"] = _section("Data sets and loaders", entries(xp.utils.data), "")
    out["extenders"] = [*_heading("For extenders"), _EXTENDERS, ""]
    for title, module, names in (
        ("Declaring an operation", operation, [n for n in operation.__all__ if n.islower()]),
        ("Backends", backends, ["Backend", "Random", "register"]),
    ):
        found = [Entry(module.__name__, name, getattr(module, name)) for name in names]
        out["extenders"] += [*_heading(title, "-"), *_overview(found, False), *_details(found, gradients=False)]
    dtypes = take([e for e in own if _home(e.value) == "dtypes"])
    out["constants_and_dtypes"] += _details(dtypes)
    beyond = take(own)
    out["beyond"] = _section("Beyond the standard", beyond, "Functions that belong to no chapter of the standard.")
    out["pytorch"] = [
        *_heading("PyTorch's names"),
        _PYTORCH,
        "",
        *_table(
            ("name", "is"),
            [(f"``arrayad.{e.name}``", f":any:`{e.value.__name__} <{_canonical(e)}>`") for e in aliases],
            "40 60",
        ),
        *_overview(pytorch),
        *_details(pytorch),
    ]
    return out


_DEVICES = "Where the memory of tensors is. Nothing moves implicitly: an operation on tensors on two devices is an error."
_EXTENDERS = "The interfaces that :doc:`/extending` uses: declaring an operation, and what a backend must provide."
_TRANSFORMS = "Transforms of functions over nested containers of tensors."
_PYTORCH = (
    "Other names of functions documented elsewhere, and functions in PyTorch's form. Where a name has two meanings, the "
    "standard's holds: :doc:`/coming-from-pytorch`."
)
_IN_PLACE = (
    "A trailing underscore marks the in-place variant: it changes the tensor, returns it, and is differentiable like the "
    "function."
)


def _canonical(e: Entry) -> str:
    """The documented path of the function that an alias names."""
    name = e.value.__name__.lstrip("_")
    home = {"special": "arrayad.special", "linear_algebra": "arrayad.linalg", "fft": "arrayad.fft"}.get(_home(e.value), "")
    return f"arrayad.{name}" if name in xp.__all__ else f"{home or 'arrayad'}.{name}"


def _dtype_page() -> list[str]:
    names = [e for e in entries(xp) if isinstance(e.value, xp.DType)]
    rows = []
    for dtype in sorted({e.value for e in names}, key=lambda d: (d.kind, d.itemsize)):
        others = " ".join(f"``{e.name}``" for e in names if e.value is dtype and e.name != dtype.name)
        rows.append((f"``{dtype.name}``", f"{dtype.itemsize}", others))
    return [
        *_heading("Constants and dtypes"),
        f"In the standard: `constants <{STANDARD}/API_specification/constants.html>`__,",
        f"`data types <{STANDARD}/API_specification/data_types.html>`__.",
        "",
        *_table(("constant", ""), [(f"``{name}``", f"``{getattr(xp, name)}``") for name in standard.CONSTANTS], "30 70"),
        "Functions that take a dtype accept NumPy's dtypes and Python's ``bool``, ``int``, ``float`` and ``complex`` too.",
        "",
        *_table(("dtype", "bytes of an element", "also, as in PyTorch"), rows, "30 30 40"),
        ".. autoclass:: arrayad.DType",
        "   :members:",
        "",
    ]


def _array_page() -> list[str]:
    """The page of the Tensor: its own members, and the functions that are its methods."""
    own, same, in_place = [], [], []
    for name, member in vars(xp.Tensor).items():
        if name.startswith("_") or not (callable(member) or isinstance(member, property)):
            continue
        if name.endswith("_") and not isinstance(member, property) and member.__qualname__ == name:  # a variant
            in_place.append(name)
        elif isinstance(member, property) or member.__module__ == "arrayad.tensor":
            own.append((name, member))
        else:
            same.append((name, member))
    links, rows = [], []
    for name, member in sorted(same):
        homes = {"": xp, "linalg.": xp.linalg, "special.": xp.special}
        home = next(home for home, module in homes.items() if hasattr(module, member.__name__))
        target = f":any:`{member.__name__} <arrayad.{home}{member.__name__}>`"
        if name == member.__name__:
            links.append(target)
        else:
            rows.append((f"``{name}``", target))
    attributes = [name for name, member in own if isinstance(member, property)]
    methods = [name for name, member in own if not isinstance(member, property)]
    return [
        *_heading("The array object"),
        f"It has the operators and attributes of `the standard's <{STANDARD}/API_specification/array_object.html>`__.",
        "",
        ".. autoclass:: arrayad.Tensor",
        "",
        ".. autoclass:: arrayad.Size",
        "   :members:",
        "",
        *_heading("Attributes", "-"),
        *[line for name in attributes for line in (f".. autoproperty:: arrayad.Tensor.{name}", "")],
        *_heading("Methods", "-"),
        *[line for name in methods for line in (f".. automethod:: arrayad.Tensor.{name}", "")],
        *_heading("Methods that are functions", "-"),
        "``x.name(…)`` is ``arrayad.name(x, …)``. Reductions accept the axis and ``keepdims`` also by position.",
        "",
        ", ".join(links),
        "",
        "Some have another name:",
        "",
        *_table(("method", "function"), rows, "40 60"),
        *_heading("In place", "-"),
        _IN_PLACE,
        "",
        " ".join(f"``{name}``" for name in sorted(in_place)),
        "",
    ]


def write(app: Sphinx) -> None:
    """Write the pages that have changed, and remove obsolete ones."""
    folder = Path(app.srcdir) / "reference"
    written = pages()
    for path in folder.glob("*.rst"):
        if path.stem not in written:
            path.unlink()
    for name, lines in written.items():
        path, text = folder / f"{name}.rst", "\n".join(lines)
        if not path.exists() or path.read_text() != text:
            path.write_text(text)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("builder-inited", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

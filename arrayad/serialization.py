"""Save nested containers of tensors as safetensors files, and load them; loading runs no code.

The tensors are stored as the format requires, so every reader of safetensors can read them by name. JSON in the file's
metadata, which other readers ignore, describes the nesting.
"""

from __future__ import annotations

import importlib
import io
import os
import stat
import threading
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from .autograd.tape import TensorBase
from .backends import backend_of
from .functions.creation import asarray, place_of

if TYPE_CHECKING:
    from .devices import DeviceLike
    from .tensor import Tensor

__all__ = ["load", "save"]

_KEY = "arrayad"  # in the metadata
_SCALARS = (bool, int, float, str, type(None))
# The format's dtypes that can be read.
_KINDS = {"BOOL", "U8", "I8", "U16", "I16", "U32", "I32", "U64", "I64", "F16", "BF16", "F32", "F64", "C64"}


def _modules(name: str) -> Any:
    """``json`` and safetensors' two modules, imported when needed."""
    try:
        return [importlib.import_module(module) for module in ("json", "safetensors.numpy", "safetensors")]
    except ImportError as error:
        raise ImportError(f"{name}() needs safetensors, which is not installed: pip install safetensors") from error


def save(
    obj: Tensor | dict[Any, Any] | list[Any] | tuple[Any, ...] | float | str | None,
    file: str | os.PathLike[str] | IO[bytes],
    /,
) -> None:
    """Write a tensor, or dicts, lists and tuples of tensors and of numbers, strings and None, to a safetensors file.

    A file given by its path is written completely or not at all.

    Parameters
    ----------
    obj : Tensor, dict, list or tuple
        Dict keys are strings or integers. Tensors are named by their place, as in ``"layers.0.weight"``.
    file : str, path or binary file
        An existing file at the path is replaced; an open file is written from its current position.

    Raises
    ------
    RuntimeError
        For a computed tensor with a history: use `Tensor.detach`.
    TypeError
        For other objects or keys in the containers, or if `file` is neither a path nor a binary file.
    OSError
        If the file cannot be written.
    ImportError
        If safetensors is not installed.

    Notes
    -----
    ``requires_grad`` of leaves is kept, and a tensor that occurs in several places is one tensor when loaded. Complex
    tensors are stored as real tensors with one more axis for their parts.

    Examples
    --------
    >>> import arrayad as xp
    >>> import io
    >>> file = io.BytesIO()
    >>> xp.save({"layers": [{"weight": xp.ones(2)}], "step": 3}, file)
    >>> xp.load(io.BytesIO(file.getvalue()))
    {'layers': [{'weight': tensor([1., 1.])}], 'step': 3}
    """
    json, writer, errors = _modules("save")
    arrays: dict[str, np.ndarray[Any, Any]] = {}
    structure = json.dumps(_described(obj, "", arrays, {}))
    if not isinstance(file, (str, os.PathLike)):
        _check_open(file, "save", "write")
        _write(file, writer.save(arrays, metadata={_KEY: structure}))
        return
    path = os.path.realpath(file)  # so that a link's target is replaced, not the link
    if os.path.exists(path) and not os.path.isfile(path):  # such as a device, which must not be replaced
        with open(path, "wb") as special:
            special.write(writer.save(arrays, metadata={_KEY: structure}))
        return
    beside = f"{path}.{os.getpid()}.{threading.get_ident()}.part"
    try:
        with open(beside, "wb") as new:
            mode = os.stat(path if os.path.exists(path) else new.fileno()).st_mode
        writer.save_file(arrays, beside, metadata={_KEY: structure})  # safetensors makes it readable by its owner only
        os.chmod(beside, stat.S_IMODE(mode))
        os.replace(beside, path)
    except (OSError, errors.SafetensorError) as error:
        raise OSError(f"save(): {os.fspath(file)!r} could not be written: {error}") from None
    finally:
        if os.path.exists(beside):
            os.remove(beside)


def _check_open(file: object, name: str, method: str) -> None:
    if not hasattr(file, method) or isinstance(file, io.TextIOBase):
        raise TypeError(f"{name}(): the file must be a path or a binary file, not {type(file).__name__}")


def _write(file: Any, data: bytes) -> None:
    rest: Any = data
    while rest:  # an unbuffered file may accept a part at a time
        taken = file.write(rest)
        if taken is None and not isinstance(file, io.RawIOBase):  # one that returns None has accepted everything
            return
        if not taken:
            raise BlockingIOError("save(): the file is non-blocking and accepts no more bytes now")
        rest = memoryview(rest)[taken:]


def _described(obj: Any, place: str, arrays: dict[str, np.ndarray[Any, Any]], known: dict[int, Any]) -> Any:
    """The JSON for an object; its arrays are collected in `arrays`. `known` are the tensors met before, by identity."""
    if id(obj) in known:
        return known[id(obj)]
    if isinstance(obj, TensorBase):
        name = place or "tensor"
        while name in arrays or name == "__metadata__":  # another place's, as "a.b" and "b" in "a", or the format's
            name += "_"
        if obj.grad_fn is not None:  # type: ignore[attr-defined]  # of every Tensor
            raise RuntimeError(f"save(): {name} was computed and has a history, which is not data. Use detach() first.")
        array = backend_of(obj._array).to_numpy(obj._array)
        complexes = array.dtype.kind == "c"
        if complexes:
            array = np.stack([array.real, array.imag], axis=-1)
        arrays[name] = np.ascontiguousarray(array).reshape(array.shape)
        known[id(obj)] = {"tensor": name, "complex": complexes, "requires_grad": obj._node is not None}
        return known[id(obj)]
    if isinstance(obj, dict):
        for key in obj:
            if not isinstance(key, (str, int)):
                raise TypeError(f"save(): keys must be strings or integers, got {key!r} in {place or 'the outermost dict'}")
        return {
            "dict": [[key, _described(value, f"{place}.{key}".lstrip("."), arrays, known)] for key, value in obj.items()]
        }
    if isinstance(obj, (list, tuple)):
        parts = [_described(value, f"{place}.{i}".lstrip("."), arrays, known) for i, value in enumerate(obj)]
        return {"tuple" if isinstance(obj, tuple) else "list": parts}
    if isinstance(obj, np.generic):
        obj = obj.item()
    if isinstance(obj, _SCALARS):
        return {"value": obj}
    if isinstance(obj, complex):
        return {"number": [obj.real, obj.imag]}
    raise TypeError(
        f"save(): {place or 'the object'} must be a Tensor, dict, list, tuple, number, string or None, not "
        f"{type(obj).__name__}"
    )


def load(file: str | os.PathLike[str] | IO[bytes], /, *, device: DeviceLike | None = None) -> Any:
    """Load what `save` wrote; of another safetensors file, a dict of its tensors by name, with bfloat16 as float32.

    Parameters
    ----------
    file : str, path or binary file
        An open file is read from its current position to its end.
    device : device, optional
        The device of the tensors. Default: the default device.

    Returns
    -------
    Tensor, dict, list or tuple

    Raises
    ------
    FileNotFoundError
        If the file does not exist.
    TypeError
        If `file` is neither a path nor a binary file.
    ValueError
        If it is not a valid safetensors file, or has tensors of an unsupported dtype.
    ImportError
        If safetensors is not installed.
    """
    json, _, reader = _modules("load")
    if isinstance(file, (str, os.PathLike)):
        name = repr(os.fspath(file))
        metadata, arrays = _read(os.fspath(file), name, reader)
    else:
        import shutil  # here: importing them takes as long as importing some of arrayad itself
        import tempfile

        _check_open(file, "load", "read")
        with tempfile.TemporaryDirectory() as folder:  # safetensors only reads files with a name
            path = os.path.join(folder, "copy")
            with open(path, "wb") as copy:
                shutil.copyfileobj(file, copy)
            name = repr(file)
            metadata, arrays = _read(path, name, reader)
    if _KEY not in metadata:
        return {name: asarray(array, device=device) for name, array in arrays.items()}
    place_of(device, "load")  # checks the device before the file could be blamed
    try:
        return _built(json.loads(metadata[_KEY]), arrays, device, {})
    except (AttributeError, KeyError, RuntimeError, TypeError, ValueError) as error:  # RuntimeError: nested too deeply, too
        raise ValueError(f"load(): what {name} says of how its tensors are nested is damaged: {error!r}") from None


def _read(path: str, name: str, reader: Any) -> tuple[dict[str, str], dict[str, np.ndarray[Any, Any]]]:
    """The metadata of a file and its arrays by name; `name` is the file's name in errors."""
    if not os.path.isfile(path):
        raise FileNotFoundError(f"load(): there is no file {name}")
    try:
        with reader.safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            kinds = {key: file.get_slice(key).get_dtype() for key in file.keys()}  # noqa: SIM118  (it is no dict)
            arrays: dict[str, Any] = {}
            for key, kind in kinds.items():
                if kind not in _KINDS:
                    raise ValueError(f"load(): {name} has {key} of dtype {kind}, for which there is none here")
                arrays[key] = None if kind == "BF16" else file.get_tensor(key)
    except reader.SafetensorError as error:
        raise ValueError(f"load(): {name} is not a safetensors file: {error}") from None
    if "BF16" in kinds.values():
        with open(path, "rb") as whole:
            for key, tensor in reader.deserialize(whole.read()):
                if kinds[key] == "BF16":  # bfloat16 is the upper half of float32
                    halves = np.frombuffer(tensor["data"], "<u2").astype(np.uint32)
                    arrays[key] = (halves << 16).view(np.float32).reshape(tensor["shape"])
    return metadata, arrays


def _built(description: dict[str, Any], arrays: dict[str, np.ndarray[Any, Any]], device: Any, known: dict[str, Any]) -> Any:
    """The object that JSON stands for. `known` are the tensors met before, by name."""
    if "tensor" in description:
        name = description["tensor"]
        if name not in known:
            array = arrays[name]
            if description["complex"]:
                if array.dtype.kind != "f" or array.shape[-1:] != (2,):
                    raise ValueError(f"complex numbers of {array.dtype} in the shape {array.shape}")
                array = array.view(np.result_type(array, np.complex64))[..., 0]
            x: Any = asarray(array, device=device)
            known[name] = x.requires_grad_() if description["requires_grad"] else x
        return known[name]
    if "dict" in description:
        return {key: _built(value, arrays, device, known) for key, value in description["dict"]}
    for kind, make in (("list", list), ("tuple", tuple)):
        if kind in description:
            return make(_built(value, arrays, device, known) for value in description[kind])
    if "number" in description:
        return complex(*description["number"])
    value = description["value"]
    if not isinstance(value, _SCALARS):
        raise ValueError(f"a {type(value).__name__} is not a value")
    return value

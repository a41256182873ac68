"""Checkpoints that hold a whole model, read for their tensors; nothing in them is executed.

Published YOLOv5 files are pickles of the network's objects. `torch.load` refuses them or, asked
to, runs whatever they name. Here every name in the pickle becomes one of three things: a function
that makes a plain tensor, an empty shell that keeps its attributes and can do nothing, or a
refusal. Shells are for the names of the network's own classes alone: those of ``torch.nn`` and of
the modules in TRUSTED. They are never looked up, so the code need not be there.
"""

import io
import math
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from mien.errors import WeightsError

__all__ = ["TRUSTED", "Shell", "read_whole_model"]

TRUSTED = ("torch.nn.modules.", "models.yolo", "models.common", "models.experimental")
"""Beginnings of modules whose classes become shells: torch's layers, and those of YOLOv5."""

LARGEST = 4_000_000_000
"""Bytes of a checkpoint's tables at most."""

MOST_SHELLS = 10_000
"""Shells that are gone through at most; a file may hold one inside itself."""

MOST_NUMBERS = 500_000_000
"""Of one tensor: a table of one number may stand for any shape."""

KINDS: dict[str, torch.dtype] = {
    "FloatStorage": torch.float32,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "DoubleStorage": torch.float64,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ShortStorage": torch.int16,
    "CharStorage": torch.int8,
    "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
}


class Shell:
    """What is left of an object: its attributes. It has no methods of its own."""

    def __setstate__(self, state: Any) -> None:  # noqa: ANN401 - whatever the file says
        """Keep the attributes, where they are by name."""
        if isinstance(state, dict):
            self.__dict__.update({name: value for name, value in state.items() if name[:2] != "__"})


class _Fixed:
    """What a pickle is given by name and cannot change."""

    __slots__ = ()

    def __setstate__(self, state: Any) -> None:  # noqa: ANN401 - whatever the file says
        """Refuse, as a pickle may ask to set attributes of anything."""
        raise WeightsError("it changes what makes tensors")


class _Kind(_Fixed):
    """The type of a table of numbers, as a pickle names it."""

    __slots__ = ("dtype",)

    def __init__(self, dtype: torch.dtype) -> None:
        self.dtype = dtype


class _Maker(_Fixed):
    """A function of ours in place of one that a pickle names."""

    __slots__ = ("_make",)

    def __init__(self, make: Callable[..., Any]) -> None:
        self._make = make

    def __call__(self, *given: Any) -> Any:  # noqa: ANN401 - of the pickle
        """What the function makes."""
        return self._make(*given)


def read_whole_model(path: Path) -> dict[str, Tensor]:
    """The tensors of a model in a checkpoint, by their names in its state dict, as float32.

    Of a file with both, ``ema`` is taken before ``model``, as YOLOv5 itself does.

    Args:
        path: a file of ``torch.save``, in the form of torch 1.6 and later.

    Raises:
        WeightsError: it is no such file, damaged, or names anything beyond tensors and shells.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            content = _unpickled(archive)
        found = {
            name: value.float() if value.is_floating_point() else value
            for name, value in _tensors(_model(content))
        }
    except WeightsError as error:
        raise WeightsError(f"{path.name} is not opened: {error}") from error
    except Exception as error:
        # a damaged pickle raises whatever the step it breaks at raises
        raise WeightsError(f"{path.name} is damaged, or not written by torch ({error})") from error
    if not found:
        raise WeightsError(f"{path.name} holds no tensors; expected a network, or ema and model")
    return found


def _unpickled(archive: zipfile.ZipFile) -> Any:  # noqa: ANN401 - whatever the file says
    """The content, of tensors, shells and plain values."""
    names = archive.namelist()
    if sum(one.file_size for one in archive.infolist()) > LARGEST:
        raise WeightsError(f"its tables have more than {LARGEST // 10**9} GB")
    place = next((name for name in names if name.rpartition("/")[2] == "data.pkl"), None)
    if place is None:
        raise WeightsError("it has no data.pkl; expected a file of torch.save")
    return _Reader(archive, place.removesuffix("data.pkl"), archive.read(place)).load()


class _Reader(pickle.Unpickler):
    """Knows no name but those of tensors and shells."""

    def __init__(self, archive: zipfile.ZipFile, folder: str, content: bytes) -> None:
        super().__init__(io.BytesIO(content), encoding="utf-8")
        self._archive, self._folder = archive, folder
        self._tables: dict[str, Tensor] = {}

    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401 - a function or a class
        """What a name of the pickle becomes; nothing is imported."""
        if (module, name) in MAKERS:
            return MAKERS[module, name]
        if module == "torch" and name in KINDS:
            return _Kind(KINDS[name])
        if module.startswith(TRUSTED) and "." not in name:
            return type(name, (Shell,), {})
        raise WeightsError(
            f"it names {module}.{name}, which is neither a tensor nor a part of a network; reading "
            "it could run code. Save its state dict alone and name that file"
        )

    def persistent_load(self, pid: Any) -> Tensor:  # noqa: ANN401 - a tuple in files of torch
        """A table of numbers."""
        what, kind, key, _, count = pid
        if what != "storage" or not isinstance(kind, _Kind):
            raise WeightsError(f"it refers to a {what!r}, expected a table of numbers")
        if key not in self._tables:
            raw = self._archive.read(f"{self._folder}data/{key}")
            self._tables[key] = torch.frombuffer(bytearray(raw), dtype=kind.dtype)[: int(count)]
        return self._tables[key]


def _tensor(storage: Tensor, offset: int, size: Any, stride: Any, *_: Any) -> Tensor:  # noqa: ANN401
    """A tensor from its table."""
    reach = offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True)) + 1
    empty = 0 in tuple(size)
    if offset < 0 or min((*size, *stride), default=0) < 0 or (not empty and reach > len(storage)):
        raise WeightsError("a tensor reaches beyond its table; the file is damaged")
    if math.prod(size) > MOST_NUMBERS:
        raise WeightsError(f"a tensor has more than {MOST_NUMBERS // 10**6} million numbers")
    return storage.as_strided(tuple(size), tuple(stride), offset)


def _parameter(data: Tensor, *_: Any) -> Tensor:  # noqa: ANN401 - whether it learned is of no use
    return data


def _size(values: Any = ()) -> tuple[int, ...]:  # noqa: ANN401 - of the pickle
    return tuple(int(one) for one in values)


def _nothing(*_: Any) -> Shell:  # noqa: ANN401 - of the pickle
    """A shell in place of numpy's numbers and the like, of which nothing is needed."""
    return Shell()


MAKERS: Mapping[tuple[str, str], Callable[..., Any]] = {
    ("torch._utils", "_rebuild_tensor_v2"): _Maker(_tensor),
    ("torch._utils", "_rebuild_parameter"): _Maker(_parameter),
    ("torch", "Size"): _Maker(_size),
    ("collections", "OrderedDict"): OrderedDict,
    ("builtins", "set"): set,
    ("__builtin__", "set"): set,
    ("numpy", "dtype"): _Maker(_nothing),
    ("numpy.core.multiarray", "scalar"): _Maker(_nothing),
    ("numpy._core.multiarray", "scalar"): _Maker(_nothing),
    ("_codecs", "encode"): _Maker(_nothing),
    ("torch", "device"): _Maker(_nothing),
}
"""Functions of ours in place of those that a pickle names, and containers without effect."""


def _model(content: Any) -> Any:  # noqa: ANN401 - whatever the file says
    """The network in a checkpoint."""
    if isinstance(content, Mapping):
        for name in ("ema", "model"):
            if isinstance(content.get(name), Shell):
                return content[name]
    return content


def _tensors(part: Any) -> Iterator[tuple[str, Tensor]]:  # noqa: ANN401 - whatever the file says
    """Parameters and buffers of a shell and the shells inside it, in the order of a state dict."""
    left = [("", part)]
    for _ in range(MOST_SHELLS):
        if not left:
            return
        before, one = left.pop()
        if not isinstance(one, Shell):
            continue
        own = vars(one)
        hidden = own.get("_non_persistent_buffers_set")
        passing = hidden if isinstance(hidden, set) else set()
        for table in ("_parameters", "_buffers"):
            for name, value in _items(own.get(table)):
                if isinstance(value, Tensor) and not (table == "_buffers" and name in passing):
                    yield f"{before}{name}", value
        inner = [(f"{before}{name}.", value) for name, value in _items(own.get("_modules"))]
        left += reversed(inner)
    raise WeightsError(f"it has more than {MOST_SHELLS} layers, or one inside itself")


def _items(table: Any) -> list[tuple[str, Any]]:  # noqa: ANN401 - whatever the file says
    return [(str(name), value) for name, value in table.items()] if isinstance(table, dict) else []

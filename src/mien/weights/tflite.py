"""Read a TensorFlow Lite file as a graph: tensors, operations and their options.

Only what the face models use is read. The slot numbers are those of the public TFLite schema.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.errors import WeightsError

__all__ = ["Graph", "Operation", "Tensor", "read"]

IDENTIFIER = b"TFL3"

KINDS = {
    0: "add",
    2: "concatenation",
    3: "conv",
    4: "depthwise-conv",
    5: "depth-to-space",
    6: "dequantize",
    17: "max-pool",
    18: "mul",
    19: "relu",
    22: "reshape",
    23: "resize-bilinear",
    34: "pad",
    45: "strided-slice",
    54: "prelu",
    124: "densify",
}
CUSTOM = 32

_CONV = {
    "padding": (0, "b"),
    "stride_w": (1, "i"),
    "stride_h": (2, "i"),
    "activation": (3, "b"),
    "dilation_w": (4, "i"),
    "dilation_h": (5, "i"),
}
_DEPTHWISE = {
    "padding": (0, "b"),
    "stride_w": (1, "i"),
    "stride_h": (2, "i"),
    "activation": (4, "b"),
    "dilation_w": (5, "i"),
    "dilation_h": (6, "i"),
}
_POOL = {
    "padding": (0, "b"),
    "stride_w": (1, "i"),
    "stride_h": (2, "i"),
    "filter_w": (3, "i"),
    "filter_h": (4, "i"),
    "activation": (5, "b"),
}
OPTIONS: dict[str, dict[str, tuple[int, str]]] = {
    "add": {"activation": (0, "b")},
    "concatenation": {"axis": (0, "i"), "activation": (1, "b")},
    "conv": _CONV,
    "depthwise-conv": _DEPTHWISE,
    "depth-to-space": {"block": (0, "i")},
    "max-pool": _POOL,
    "mul": {"activation": (0, "b")},
    "resize-bilinear": {"align_corners": (2, "b"), "half_pixel": (3, "b")},
}
"""Slot and number format of each option that is read, by kind of operation."""

DEFAULTS = {"dilation_w": 1, "dilation_h": 1}
"""Values of options that a file leaves out, where they are not 0."""

TYPES: dict[int, str] = {0: "<f4", 1: "<f2", 2: "<i4"}
INDEX_TYPES: dict[int, str] = {1: "<i4", 2: "<u2", 3: "<u1"}


@dataclass(frozen=True, eq=False)
class Tensor:
    """One value of a graph."""

    name: str
    shape: tuple[int, ...]
    """Sizes in the file's order: batch, height, width, channels for pictures."""
    data: NDArray[Any] | None = field(default=None, repr=False)
    """The numbers of a constant, None for a value that is computed."""


@dataclass(frozen=True)
class Operation:
    """One step of a graph."""

    kind: str
    """A name of KINDS, or the file's own name of a custom operation."""
    inputs: tuple[int, ...]
    """Numbers of the tensors it takes."""
    outputs: tuple[int, ...]
    """Numbers of the tensors it makes."""
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Graph:
    """A network as its file describes it; operations stand in the order in which they run."""

    tensors: tuple[Tensor, ...]
    operations: tuple[Operation, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


def read(data: bytes) -> Graph:
    """Read a TFLite file.

    Args:
        data: the whole file.

    Raises:
        WeightsError: the bytes are no TFLite file, or use something the face models do not.
    """
    if data[4:8] != IDENTIFIER:
        raise WeightsError(
            f"{len(data)} bytes that begin with {data[:8]!r} are no TFLite model; "
            "name an untouched .tflite file"
        )
    try:
        return _graph(_Table(data, struct.unpack_from("<I", data, 0)[0]))
    except (struct.error, LookupError, ValueError, TypeError, OverflowError) as error:
        raise WeightsError(f"the TFLite model is damaged ({error}); fetch it again") from error


class _Table:
    """A table of the file: fields by slot number."""

    def __init__(self, data: bytes, at: int) -> None:
        self._data = data
        self._at = at
        self._slots = at - self._number("i", at)
        self._slots_size = self._number("H", self._slots)

    def _number(self, kind: str, at: int) -> Any:  # noqa: ANN401 - as the format letter says
        return struct.unpack_from("<" + kind, self._data, at)[0]

    def _offset(self, slot: int) -> int:
        entry = 4 + 2 * slot
        return self._number("H", self._slots + entry) if entry < self._slots_size else 0

    def _target(self, slot: int) -> int | None:
        offset = self._offset(slot)
        if not offset:
            return None
        at = self._at + offset
        return at + int(self._number("I", at))

    def number(self, slot: int, kind: str, default: int = 0) -> int:
        offset = self._offset(slot)
        return int(self._number(kind, self._at + offset)) if offset else default

    def table(self, slot: int) -> "_Table | None":
        target = self._target(slot)
        return None if target is None else _Table(self._data, target)

    def tables(self, slot: int) -> list["_Table"]:
        target = self._target(slot)
        if target is None:
            return []
        count = self._number("I", target)
        if target + 4 + 4 * count > len(self._data):
            raise ValueError(f"{count} tables at byte {target} do not fit")
        places = [target + 4 + 4 * i for i in range(count)]
        return [_Table(self._data, at + self._number("I", at)) for at in places]

    def vector(self, slot: int, kind: str) -> NDArray[Any] | None:
        target = self._target(slot)
        if target is None:
            return None
        return np.frombuffer(self._data, kind, self._number("I", target), target + 4)

    def numbers(self, slot: int) -> tuple[int, ...]:
        values = self.vector(slot, "<i4")
        return () if values is None else tuple(int(value) for value in values)

    def text(self, slot: int) -> str:
        values = self.vector(slot, "u1")
        return "" if values is None else values.tobytes().decode()


def _graph(model: _Table) -> Graph:
    kinds = [_kind(code) for code in model.tables(1)]
    graph = model.tables(2)[0]
    buffers = [buffer.vector(0, "u1") for buffer in model.tables(4)]
    return Graph(
        tensors=tuple(_tensor(item, buffers) for item in graph.tables(0)),
        operations=tuple(_operation(item, kinds) for item in graph.tables(3)),
        inputs=graph.numbers(1),
        outputs=graph.numbers(2),
    )


def _kind(code: _Table) -> str:
    # Old files fill the first field, new ones the fourth; the other is then smaller.
    number = max(code.number(0, "b"), code.number(3, "i"))
    if number == CUSTOM:
        return code.text(1)
    if number not in KINDS:
        raise WeightsError(
            f"the TFLite model uses operation {number}, which the face models do not; "
            "name one of the published face models"
        )
    return KINDS[number]


def _operation(item: _Table, kinds: list[str]) -> Operation:
    kind = kinds[item.number(0, "I")]
    custom = item.vector(5, "u1")
    options: dict[str, Any] = {}
    if custom is not None and kind not in KINDS.values():
        options = _custom_options(custom.tobytes())
    elif kind in OPTIONS:
        table = item.table(4)
        for name, (slot, form) in OPTIONS[kind].items():
            default = DEFAULTS.get(name, 0)
            options[name] = table.number(slot, form, default) if table else default
    return Operation(kind, item.numbers(1), item.numbers(2), options)


def _custom_options(data: bytes) -> dict[str, Any]:
    from flatbuffers import flexbuffers

    values = flexbuffers.Loads(data) if data else {}
    return dict(values) if isinstance(values, Mapping) else {}


def _tensor(item: _Table, buffers: list[NDArray[Any] | None]) -> Tensor:
    shape = item.numbers(0)
    raw = buffers[item.number(2, "I")]
    if raw is None or not raw.size:
        return Tensor(item.text(3), shape)
    values = raw.view(TYPES[item.number(1, "b")])
    sparsity = item.table(6)
    if sparsity is not None:
        return Tensor(item.text(3), shape, _dense(values, shape, sparsity))
    return Tensor(item.text(3), shape, values.reshape(shape))


def _dense(values: NDArray[Any], shape: tuple[int, ...], sparsity: _Table) -> NDArray[Any]:
    """Fill in the zeros of a tensor that stores each row of its last axis without them."""
    *outer, last = sparsity.tables(2)
    plain = sparsity.numbers(0) == tuple(range(len(shape))) and not sparsity.numbers(1)
    if not plain or any(axis.number(0, "b") for axis in outer) or last.number(0, "b") != 1:
        raise WeightsError(
            "the TFLite model packs its zeros in a way that the face models do not; "
            "name one of the published face models"
        )
    ends = _index_vector(last, 2)
    rows = np.repeat(np.arange(len(ends) - 1), np.diff(ends))
    full = np.zeros((len(ends) - 1, shape[-1]), values.dtype)
    full[rows, _index_vector(last, 4)] = values
    return full.reshape(shape)


def _index_vector(axis: _Table, slot: int) -> NDArray[np.int64]:
    """The numbers of a union field: its type stands in ``slot``, its table in the next one."""
    table = axis.table(slot + 1)
    values = table.vector(0, INDEX_TYPES[axis.number(slot, "B")]) if table else None
    return np.zeros(0, np.int64) if values is None else values.astype(np.int64)

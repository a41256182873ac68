"""Small TFLite files, wheels and catalogues, made from nothing."""

import hashlib
import io
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import flatbuffers
import numpy as np

from mien.weights.catalog import Catalog, Network, Package

ADD, PRELU = 0, 54
CUSTOM = 32


@dataclass
class TinyModel:
    """A TFLite file under construction."""

    tensors: list = field(default_factory=list)
    buffers: list = field(default_factory=lambda: [b""])
    operations: list = field(default_factory=list)
    inputs: list = field(default_factory=list)
    outputs: list = field(default_factory=list)

    def tensor(self, name, shape, data=None, sparsity=None):
        number = 0
        kind = {None: 0, "float32": 0, "float16": 1, "int32": 2}[
            None if data is None else data.dtype.name
        ]
        if data is not None:
            self.buffers.append(data.tobytes())
            number = len(self.buffers) - 1
        self.tensors.append((name, shape, kind, number, sparsity))
        return len(self.tensors) - 1

    def operation(self, code, inputs, outputs, custom=None, name=None, options=None):
        self.operations.append((code, inputs, outputs, custom, name, options))

    def to_bytes(self) -> bytes:
        b = flatbuffers.Builder(0)
        codes = _tables(
            b,
            [
                {0: ("b", min(code, 127)), 1: ("ref", _text(b, name)), 3: ("i", code)}
                for code, _, _, _, name, _ in self.operations
            ],
        )
        tensors = _tables(b, [_tensor(b, *tensor) for tensor in self.tensors])
        operations = _tables(
            b,
            [
                {
                    0: ("I", number),
                    1: ("ref", _vector(b, np.array(inputs, np.int32))),
                    2: ("ref", _vector(b, np.array(outputs, np.int32))),
                    4: ("ref", _table(b, options) if options else 0),
                    5: ("ref", _vector(b, np.frombuffer(custom, np.uint8)) if custom else 0),
                }
                for number, (_, inputs, outputs, custom, _, options) in enumerate(self.operations)
            ],
        )
        graph = {
            0: ("ref", tensors),
            1: ("ref", _vector(b, np.array(self.inputs, np.int32))),
            2: ("ref", _vector(b, np.array(self.outputs, np.int32))),
            3: ("ref", operations),
        }
        graphs = _tables(b, [graph])
        buffers = _tables(
            b,
            [
                {0: ("ref", _vector(b, np.frombuffer(data, np.uint8)) if data else 0)}
                for data in self.buffers
            ],
        )
        model = _table(b, {1: ("ref", codes), 2: ("ref", graphs), 4: ("ref", buffers)})
        b.Finish(model, b"TFL3")
        return bytes(b.Output())


def _text(b, text):
    return b.CreateString(text) if text else 0


def _vector(b, values):
    return b.CreateNumpyVector(values) if values.size else 0


def _tensor(b, name, shape, kind, buffer, sparsity):
    return {
        0: ("ref", _vector(b, np.array(shape, np.int32))),
        1: ("b", kind),
        2: ("I", buffer),
        3: ("ref", _text(b, name)),
        6: ("ref", _sparsity(b, *sparsity) if sparsity else 0),
    }


def _sparsity(b, dense_sizes, ends, places, union):
    """All axes dense but the last, whose row ends and places are given in the union's type."""
    dtype = {1: np.int32, 2: np.uint16, 3: np.uint8}[union]
    inner = [_table(b, {0: ("ref", _vector(b, np.array(part, dtype)))}) for part in (ends, places)]
    axes = [{0: ("b", 0), 1: ("i", size)} for size in dense_sizes]
    axes.append(
        {0: ("b", 1), 2: ("B", union), 3: ("ref", inner[0]), 4: ("B", union), 5: ("ref", inner[1])}
    )
    order = _vector(b, np.arange(len(dense_sizes) + 1, dtype=np.int32))
    return _table(b, {0: ("ref", order), 2: ("ref", _tables(b, axes))})


def _table(b, fields):
    put = {
        "b": b.PrependInt8Slot,
        "B": b.PrependUint8Slot,
        "i": b.PrependInt32Slot,
        "I": b.PrependUint32Slot,
    }
    b.StartObject(max(fields) + 1)
    for slot, (kind, value) in fields.items():
        if kind == "ref":
            b.PrependUOffsetTRelativeSlot(slot, value, 0)
        else:
            put[kind](slot, value, 0)
    return b.EndObject()


def _tables(b, tables):
    made = [_table(b, fields) for fields in tables]
    b.StartVector(4, len(made), 4)
    for table in reversed(made):
        b.PrependUOffsetTRelative(table)
    return b.EndVector()


def bend(slope: float) -> bytes:
    """A model of one operation on a 2 x 2 picture of one channel: negative values * slope."""
    model = TinyModel()
    picture = model.tensor("picture", [1, 2, 2, 1])
    slopes = model.tensor("slope", [1, 1, 1], np.array([slope], np.float32))
    bent = model.tensor("bent", [1, 2, 2, 1])
    model.operation(PRELU, [picture, slopes], [bent])
    model.inputs, model.outputs = [picture], [bent]
    return model.to_bytes()


MODELS = {
    f"pkg/modules/{name}.tflite": bend(slope)
    for name, slope in (("one", 0.25), ("two", 2.0), ("three", -4.0))
}
LICENCE_FILE = "pkg-1.dist-info/LICENSE"


def tiny_catalog() -> Catalog:
    """Three fetched networks of a small package, and one that is shipped."""
    package = Package(
        name="pkg 1",
        requirement="pkg==1",
        python="3.11",
        platform="any",
        size=len(tiny_wheel()),
        licence="Apache-2.0",
        licence_file=LICENCE_FILE,
    )
    fetched = {}
    for path, data in MODELS.items():
        name = "net-" + Path(path).stem
        digest = hashlib.sha256(data).hexdigest()
        fetched[name] = Network(
            name, "for tests", path, len(data), digest, "Apache-2.0", package.name
        )
    shipped = Network("own", "for tests", "own.onnx", 3, hashlib.sha256(b"own").hexdigest(), "", "")
    return Catalog(package, fetched, {"own": shipped})


def tiny_wheel(replace=None, leave_out=()) -> bytes:
    """The package's wheel; some members may be replaced or left out."""
    members = {
        **MODELS,
        LICENCE_FILE: b"the licence\n",
        "pkg/more.bin": bytes(5000),
        **(replace or {}),
    }
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as wheel:
        for name, data in members.items():
            if name not in leave_out:
                wheel.writestr(name, data)
    return stream.getvalue()

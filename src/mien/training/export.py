"""A trained network as an ONNX file with its card inside, written only when both agree."""

import warnings
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from mien.errors import WeightsError
from mien.runtime import open_session
from mien.spec import METADATA_KEY, ModelSpec
from mien.values import Float32

__all__ = ["AGREEMENT", "export", "halve"]

AGREEMENT = 1e-4
"""Largest difference allowed between the network and its file with float32 weights."""

HALVED = 1e-3
"""The same with weights stored as float16, as a share of the largest output; past it they stay
float32."""

SMALL = 4096
"""Tables of fewer numbers than this stay float32: they cost nothing."""


def export(network: nn.Module, card: ModelSpec, probe: Float32, path: Path) -> dict[str, float]:
    """Write a network as ONNX: input "features" (n, d), output "intensity" (n, k).

    Args:
        network: what to write.
        card: what the reading half needs to know of it.
        probe: real features, (n, d), on which file and network are compared.
        path: the file; appears under its name only when it is right.

    Returns:
        The largest difference between network and file, with float32 and as stored.

    Raises:
        WeightsError: file and network differ.
    """
    network.eval()
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    try:
        model = _to_onnx(network, probe, part)
        with torch.no_grad():
            wanted = network(torch.from_numpy(probe)).numpy()
        exact = _difference(model, part, probe, wanted)
        if not exact <= AGREEMENT:
            raise WeightsError(
                f"{path.name} was not written: the ONNX network differs from the trained one by "
                f"{exact:.2g}, expected at most {AGREEMENT}"
            )
        small = halve(model)
        stored = _difference(small, part, probe, wanted)
        if stored <= HALVED * max(1.0, float(np.abs(wanted).max())):
            model = small
        else:
            stored = exact
        entry = model.metadata_props.add()
        entry.key, entry.value = METADATA_KEY, card.to_json()
        onnx.checker.check_model(model)
        part.write_bytes(model.SerializeToString())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return {"float32": exact, "stored": stored}


def _to_onnx(network: nn.Module, probe: Float32, part: Path) -> onnx.ModelProto:
    """The network as a graph, by way of a file."""
    with warnings.catch_warnings():
        # The exporter that replaces this one needs a package more, and gives the same graph.
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            network,
            (torch.from_numpy(probe[:2]),),
            str(part),
            input_names=["features"],
            output_names=["intensity"],
            dynamic_axes={"features": {0: "n"}, "intensity": {0: "n"}},
            opset_version=20,
            dynamo=False,
        )
    return onnx.load(str(part))


def halve(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same network with its large tables stored as float16 and widened when it is opened."""
    out = onnx.ModelProto()
    out.CopyFrom(model)
    casts = []
    for table in out.graph.initializer:
        values: NDArray[np.float32] = numpy_helper.to_array(table)
        if table.data_type != TensorProto.FLOAT or values.size < SMALL:
            continue
        name = table.name
        table.CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name}.half"))
        casts.append(helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT))
    nodes = list(out.graph.node)
    del out.graph.node[:]
    out.graph.node.extend(casts + nodes)
    return out


def _difference(model: onnx.ModelProto, part: Path, probe: Float32, wanted: Float32) -> float:
    """Largest difference between what the file gives, written to ``part``, and what was wanted."""
    part.write_bytes(model.SerializeToString())
    found = open_session(part).run(None, {"features": probe})[0]
    return float(np.abs(np.asarray(found) - wanted).max())

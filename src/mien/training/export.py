"""A trained network as an ONNX file with its card inside, written only when both agree."""

import copy
import logging
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Literal

import numpy as np
import onnx
import torch
from torch import Tensor, nn

from mien.errors import MissingExtra, WeightsError
from mien.files import whole_file
from mien.runtime import BATCH
from mien.spec import ModelSpec
from mien.training.precision import HALVED, answers, gap, halve, largest, with_card
from mien.values import Float32

__all__ = ["AGREEMENT", "OPSET", "export"]

AGREEMENT = 1e-4
"""Largest difference allowed between the network and its file with float32 weights."""

FOLDED = 2_000_000_000
"""Bytes of a table that may be computed beforehand: no file holds a larger one."""

OPSET = 18
"""Version of the operators: the one that torch's exporter writes without conversion."""


def export(
    network: nn.Module,
    card: ModelSpec,
    probe: Float32,
    path: Path,
    precision: Literal["fp32", "fp16"] = "fp32",
) -> dict[str, float]:
    """Write a network as ONNX, with a free number of faces.

    The input is "features" (n, d), or "image" (n, 3, s, s) normalised as the card says; the outputs
    have the names that the card gives.

    Args:
        network: what to write: one tensor, or a tuple of them in the order of ``card.outputs``.
        card: what the reading half needs to know of it; its precision is set here.
        probe: real input, (n, d) or (n, 3, s, s), on which file and network are compared.
        path: the file; appears under its name only when it is right.
        precision: how the weights are stored.

    Returns:
        The largest difference between network and file, with float32 and as stored.

    Raises:
        WeightsError: file and network differ, or the network cannot be written as ONNX.
        MissingExtra: the exporter is not installed.
        InputError: the file cannot be written.
    """
    network = _ready(network)
    path.parent.mkdir(parents=True, exist_ok=True)
    wanted = _answers(network, probe)
    if len(wanted) != len(card.outputs):
        raise WeightsError(
            f"{path.name} was not written: the network gives {len(wanted)} outputs and its card "
            f"names {', '.join(card.outputs)}"
        )
    model = with_card(_to_onnx(network, card, probe), replace(card, precision="fp32"))
    with whole_file(path) as part:
        exact = _difference(model, part, probe, wanted)
        if not exact <= AGREEMENT:
            raise WeightsError(
                f"{path.name} was not written: the ONNX network differs from the trained one by "
                f"{exact:.2g}, expected at most {AGREEMENT}"
            )
        stored = exact
        if precision == "fp16":
            small = with_card(halve(model), replace(card, precision="fp16"))
            changed = _difference(small, part, probe, wanted)
            if changed <= HALVED * largest(wanted):
                stored, model = changed, small
            else:
                part.write_bytes(model.SerializeToString())
        onnx.checker.check_model(str(part))
    return {"float32": exact, "stored": stored}


def _ready(network: nn.Module) -> nn.Module:
    """The network in evaluation, on the CPU; a copy where it lies elsewhere."""
    if any(one.device.type != "cpu" for one in network.parameters()):
        network = copy.deepcopy(network).cpu()
    return network.eval()


def _answers(network: nn.Module, probe: Float32) -> list[Float32]:
    """What the network says of the probe, an array for each output."""
    with torch.no_grad():
        parts = [_tensors(network(part)) for part in torch.split(torch.from_numpy(probe), BATCH)]
    return [np.asarray(torch.cat(one).numpy(), np.float32) for one in zip(*parts, strict=True)]


def _tensors(answer: Tensor | Sequence[Tensor]) -> tuple[Tensor, ...]:
    """One tensor or several, as several."""
    return (answer,) if isinstance(answer, Tensor) else tuple(answer)


def _to_onnx(network: nn.Module, card: ModelSpec, probe: Float32) -> onnx.ModelProto:
    """The network as a graph, without the traces of how it came about."""
    try:
        from onnxscript import optimizer
    except ModuleNotFoundError as error:
        raise MissingExtra("onnxscript", "train", "write ONNX files") from error
    chatter = logging.getLogger("torch.onnx")
    level = chatter.level
    chatter.setLevel(logging.ERROR)
    try:
        program = torch.onnx.export(
            network,
            (torch.from_numpy(probe[:2]),),
            dynamo=True,
            input_names=["image" if card.reads == "crop" else "features"],
            output_names=list(card.outputs),
            dynamic_shapes=({0: torch.export.Dim("n")},),
            opset_version=OPSET,
            external_data=False,
            verbose=False,
        )
    except Exception as error:
        reason = str(error).strip().splitlines()[0]
        raise WeightsError(f"{card.name} cannot be written as ONNX: {reason}") from error
    finally:
        chatter.setLevel(level)
    if program is None:
        raise WeightsError(f"{card.name} cannot be written as ONNX: the exporter gave nothing")
    # tables that are only reshaped are stored as they are used; torch folds small ones by itself
    optimizer.optimize(program.model, input_size_limit=FOLDED, output_size_limit=FOLDED)
    return _bare(program.model_proto)


def _bare(model: onnx.ModelProto) -> onnx.ModelProto:
    """Without the exporter's notes, which name the files of the machine it ran on."""
    graph = model.graph
    tables = (graph.node, graph.value_info, graph.initializer, graph.input, graph.output)
    for item in (model, graph, *chain(*tables)):
        item.ClearField("doc_string")
        del item.metadata_props[:]
    return model


def _difference(
    model: onnx.ModelProto, part: Path, probe: Float32, wanted: Sequence[Float32]
) -> float:
    """Largest difference between what the file gives, written to ``part``, and what was wanted."""
    part.write_bytes(model.SerializeToString())
    return gap(answers(part, probe), wanted)

"""A trained network as an ONNX file with its card inside, written only when both agree."""

import copy
import logging
import sys
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
from mien.models.repvgg import fused
from mien.runtime import BATCH
from mien.spec import ModelSpec
from mien.training.precision import (
    HALVED,
    Given,
    answers,
    comparable,
    first_of,
    gap,
    halve,
    largest,
    with_card,
)
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
    probe: Given,
    path: Path,
    precision: Literal["fp32", "fp16"] = "fp32",
) -> dict[str, float]:
    """Write a network as ONNX, with a free number of faces.

    The input is "features" (n, d), or "image" (n, 3, s, s) normalised as the card says, and
    "landmarks" (n, p, 2) in its pixels where the card names ``points``; the outputs have the names
    that the card gives. Landmarks are compared in sides of the crop, not in pixels.

    Args:
        network: what to write: one tensor, or a tuple of them in the order of ``card.outputs``.
        card: what the reading half needs to know of it; its precision is set here.
        probe: real input, (n, d) or (n, 3, s, s), on which file and network are compared; with
            landmarks as the second of a tuple where they are read.
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
    raw = _answers(network, probe)
    if len(raw) != len(card.outputs):
        raise WeightsError(
            f"{path.name} was not written: the network gives {len(raw)} outputs and its card "
            f"names {', '.join(card.outputs)}"
        )
    wanted = comparable(raw, card)
    model = with_card(_to_onnx(fused(network), card, probe), replace(card, precision="fp32"))
    with whole_file(path) as part:
        exact = _difference(model, part, probe, wanted, card)
        if not exact <= AGREEMENT:
            raise WeightsError(
                f"{path.name} was not written: the ONNX network differs from the trained one by "
                f"{exact:.2g}, expected at most {AGREEMENT}"
            )
        stored = exact
        if precision == "fp16":
            small = with_card(halve(model), replace(card, precision="fp16"))
            changed = _difference(small, part, probe, wanted, card)
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


def _answers(network: nn.Module, probe: Given) -> list[Float32]:
    """What the network says of the probe, an array for each output."""
    given = [torch.split(torch.from_numpy(one), BATCH) for one in first_of(probe, sys.maxsize)]
    with torch.no_grad():
        parts = [_tensors(network(*part)) for part in zip(*given, strict=True)]
    return [np.asarray(torch.cat(one).numpy(), np.float32) for one in zip(*parts, strict=True)]


def _tensors(answer: Tensor | Sequence[Tensor]) -> tuple[Tensor, ...]:
    """One tensor or several, as several."""
    return (answer,) if isinstance(answer, Tensor) else tuple(answer)


def _to_onnx(network: nn.Module, card: ModelSpec, probe: Given) -> onnx.ModelProto:
    """The network as a graph, without the traces of how it came about."""
    try:
        from onnxscript import optimizer
    except ModuleNotFoundError as error:
        raise MissingExtra("onnxscript", "train", "write ONNX files") from error
    seen = first_of(probe, 2)
    names = ["image" if card.reads in ("crop", "picture") else "features", "landmarks"]
    chatter = logging.getLogger("torch.onnx")
    level = chatter.level
    chatter.setLevel(logging.ERROR)
    try:
        program = torch.onnx.export(
            network,
            tuple(map(torch.from_numpy, seen)),
            dynamo=True,
            input_names=names[: len(seen)],
            output_names=list(card.outputs),
            dynamic_shapes=({0: torch.export.Dim("n")}, {0: torch.export.Dim.DYNAMIC})[: len(seen)],
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
    model: onnx.ModelProto, part: Path, probe: Given, wanted: Sequence[Float32], card: ModelSpec
) -> float:
    """Largest difference between what the file gives, written to ``part``, and what was wanted."""
    part.write_bytes(model.SerializeToString())
    return gap(comparable(answers(part, probe), card), wanted)

"""From a recipe and a data folder to a network with its card: draw, fit, calibrate, judge."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from mien.data import ict, portraits, rendered, response, synthetic
from mien.data.expressions import OUTPUTS, SIDES, SWAP, UNITS
from mien.data.ict import FaceModel
from mien.data.measuring import measure
from mien.data.portraits import GROUP, REST, Planted
from mien.data.rendered import Rendered
from mien.data.synthetic import Examples, join, with_mirror
from mien.evaluation.metrics import slope
from mien.evaluation.units import Exam, Judged, Predict, judge, read_exam, reliability
from mien.face.geometry import FEATURES, mirror
from mien.models.meshunits import MeshUnits, Readout
from mien.spec import ModelSpec
from mien.training.epochs import Line
from mien.training.experiment import Experiment
from mien.training.export import export
from mien.training.fit import fit
from mien.training.meshrecipe import MeshRecipe, MeshSchedule
from mien.training.mixing import MixedError, Source, digest, mixed
from mien.training.recipe import Optim, Schedule, Trainer
from mien.training.runfolder import MODEL, RECIPE, REPORT_JSON, write_text
from mien.training.settings import to_json
from mien.values import Float32

__all__ = ["Material", "card", "learn", "mirror_table", "read"]

PROBES = 500
SAMPLED = 15_000
"""Examples of each source from which the principal directions are taken."""


@dataclass(frozen=True, eq=False)
class Material:
    """All that is learned from and judged by, as one network sees it."""

    simulated: Examples
    rendered: Examples
    """Heads that turn, then heads that keep still."""
    planted: Planted
    described: Examples
    """The planted portraits as the network sees them."""
    exam: Exam


def read(recipe: MeshRecipe, data: Path) -> Material:
    """Draw and read everything a recipe needs.

    Args:
        recipe: which network.
        data: folder made by ``mien datasets``.
    """
    alone = recipe.reads == "mesh"
    from_rendered = rendered.singles if alone else rendered.pairs
    from_planted = portraits.singles if alone else portraits.pairs
    turning, still = (
        rendered.split(rendered.read(data / one))[0]
        for one in (rendered.FOLDER, rendered.STILL_FOLDER)
    )
    groups = portraits.read_groups(data)
    return Material(
        _simulated(recipe, turning, ict.load(data)),
        join(from_rendered(turning), from_rendered(still)),
        groups,
        from_planted(groups),
        read_exam(data, difference=not alone),
    )


def learn(
    recipe: MeshRecipe,
    material: Material,
    folder: Path,
    tell: Callable[[Line], None] | None = None,
) -> Path:
    """Fit, calibrate, judge and write one network; a stopped run goes on where it was.

    Args:
        recipe: which network.
        material: what it learns from, see `read`.
        folder: the run folder.
        tell: is given the figures of each epoch.

    Returns:
        The ONNX file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / RECIPE, to_json(recipe))
    sources = _sources(recipe, material)
    start = _directions(sources, recipe)

    identity = {"recipe": json.loads(to_json(recipe)), "data": digest(sources)}

    def check(one: nn.Module) -> dict[str, float]:
        return judge(_predictor(_readout([one])), material.exam).means()

    networks = []
    for number in range(recipe.networks):
        with torch.random.fork_rng(devices=()):
            torch.manual_seed(recipe.seed + number)
            network = MeshUnits(*start, OUTPUTS, recipe.widths, recipe.dropout, recipe.noise)
        experiment = replace(
            _experiment(network, sources, recipe.schedule, number),
            check=check,
            identity={**identity, "network": number + 1},
            recipe=MeshRecipe,
        )
        networks.append(fit(experiment, folder / f"network-{number + 1}", tell=tell).network)
    gain, offset = calibrate(_readout(networks), recipe, material)
    shipped = _readout(networks, gain, offset)
    judged = judge(_predictor(shipped), material.exam)
    write_text(folder / REPORT_JSON, judged.to_values())
    probe = material.exam.heads.features[:PROBES]
    export(shipped, card(recipe, judged), probe, folder / MODEL, "fp16")
    return folder / MODEL


def calibrate(
    network: nn.Module, recipe: MeshRecipe, material: Material
) -> tuple[Float32, Float32]:
    """Gain and offset of each output, from development faces; left and right get the same.

    The gain undoes the shrinking of uncertain outputs, as far as the recipe allows: past that it
    would only make noise large. Of rendered and planted faces those decide that are shrunk less.
    The offset is what quiet portraits read in the median.
    """
    found = _predictor(network)(material.described.features)
    true = material.described.target
    gain, offset = np.ones(OUTPUTS, np.float32), np.zeros(OUTPUTS, np.float32)
    if recipe.calibration.rest:
        offset = np.median(found[material.planted.kind == REST], axis=0).astype(np.float32)
    if recipe.calibration.stretch > 1:
        heads = material.rendered
        rises = np.fmax(
            slope(found, true), slope(_predictor(network)(heads.features), heads.target)
        )
        gain = np.clip(1 / np.maximum(rises, 1e-3), 1, recipe.calibration.stretch)
    gain, offset = ((one + one[SWAP]) / 2 for one in (gain, offset))
    return gain.astype(np.float32), offset.astype(np.float32)


def card(recipe: MeshRecipe, judged: Judged) -> ModelSpec:
    """The card of a network, with what each unit is worth."""
    evidence = judged.evidence()
    return ModelSpec(
        name=recipe.name,
        task="intensity",
        reads=recipe.reads,
        units=UNITS,
        sides=SIDES,
        size=FEATURES,
        reliability=tuple((unit, reliability(value)) for unit, value in evidence.items()),
        evidence=tuple(evidence.items()),
        trained_on=(
            "meshes of synthetic faces: drawn from the ICT face model (MIT) with the measured "
            "response of the mesh, rendered, and planted on synthetic portraits (MIT); no person"
        ),
        paper="estimates in units of the face model's shapes; not a coder's A-E",
    )


def mirror_table() -> tuple[torch.Tensor, torch.Tensor]:
    """For each feature, the one it becomes in the mirrored face, and its sign."""
    numbered = mirror(np.arange(1, FEATURES + 1, dtype=np.float32)[None])[0]
    order: NDArray[np.int64] = np.abs(numbered).astype(np.int64) - 1
    return torch.from_numpy(order), torch.from_numpy(np.sign(numbered))


def _experiment(
    network: nn.Module, sources: Sequence[Source], schedule: MeshSchedule, number: int
) -> Experiment:
    """One network as the loop trains it; its last epoch counts."""
    seed = schedule.seed + number
    return Experiment(
        network,
        MixedError(sources, schedule.batch),
        mixed(sources, schedule.batch, schedule.steps, seed),
        Optim("adamw", schedule.rate, schedule.decay),
        Schedule("one-cycle"),
        Trainer(epochs=schedule.epochs, seed=seed),
    )


def _readout(
    networks: Sequence[nn.Module], gain: Float32 | None = None, offset: Float32 | None = None
) -> Readout:
    gain = np.ones(OUTPUTS, np.float32) if gain is None else gain
    offset = np.zeros(OUTPUTS, np.float32) if offset is None else offset
    swap, (stretch, rest) = torch.from_numpy(SWAP), (torch.from_numpy(a) for a in (gain, offset))
    device = next(networks[0].parameters()).device
    return Readout(networks, mirror_table(), swap, stretch, rest).eval().to(device)


def _sources(recipe: MeshRecipe, material: Material) -> list[Source]:
    """What batches are drawn from; portraits' own units are unknown, so singles are grouped."""
    alone = recipe.reads == "mesh"
    parts = [
        Source(material.simulated, recipe.shares.simulated),
        Source(with_mirror(material.rendered), recipe.shares.rendered),
        Source(with_mirror(material.described), recipe.shares.planted, GROUP, alone),
    ]
    return [part for part in parts if part.share > 0]


def _simulated(recipe: MeshRecipe, seen: Rendered, model: FaceModel) -> Examples:
    """Faces seen through two responses of the mesh: the packed one, and one of these renderings."""
    draw = synthetic.singles if recipe.reads == "mesh" else synthetic.pairs
    rng = np.random.default_rng(recipe.seed)
    meshes = (response.load(), measure(seen, model))
    return join(*(draw(model, mesh, rng, recipe.simulated // 2) for mesh in meshes))


def _directions(sources: Sequence[Source], recipe: MeshRecipe) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean of the features over the mixed batches, and their scaled principal directions."""
    mean = np.sum([one.share * one.examples.features.mean(axis=0) for one in sources], axis=0)
    power = np.zeros((FEATURES, FEATURES))
    for one in sources:
        rows = one.examples.features[:: max(1, len(one.examples.features) // SAMPLED)] - mean
        power += one.share * (rows.T @ rows) / len(rows)
    spread, axes = np.linalg.eigh(power)
    spread, axes = spread[::-1][: recipe.components], axes[:, ::-1][:, : recipe.components]
    scaled = axes / np.sqrt(np.maximum(spread, 0) + recipe.noise**2)
    return tuple(torch.from_numpy(one.astype(np.float32)) for one in (mean, scaled))  # type: ignore[return-value]


def _predictor(network: nn.Module) -> Predict:
    """A network of intensities 0-5 as a function on the scale of the targets, 0-1."""

    def predict(features: Float32) -> Float32:
        network.eval()
        device = next(network.parameters()).device
        with torch.no_grad():
            rows = torch.split(torch.from_numpy(features), 4000)
            parts = [network(part.to(device)).cpu() for part in rows]
        return np.asarray(torch.cat(parts).numpy() / 5, np.float32)

    return predict

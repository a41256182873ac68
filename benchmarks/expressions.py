"""POSTER V2: time of a picture in torch and in ONNX Runtime, with float32 and with 8 bits.

The network has random weights, and 8 bits take their ranges from smooth coloured pictures: time
does not depend on either. One thread; every form in turns, the quickest turn counts.
"""

import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

import numpy as np
import onnx
import torch

from mien.models.posterv2 import SIZE, posterv2
from mien.models.reading import Reading
from mien.runtime import Predictor
from mien.spec import ModelSpec
from mien.training.export import export
from mien.training.exporting import probe_of
from mien.training.precision import quantize, with_card
from mien.training.recipe import IMAGENET
from mien.values import Float32

CLASSES = ("surprise", "fear", "disgust", "happiness", "sadness", "anger", "neutral")
ROUNDS = 5


def main(rounds: int = ROUNDS) -> None:
    """Write both files, measure, print the table."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    reading = Reading(posterv2(len(CLASSES)).eval(), "expression")
    mean, std = IMAGENET
    card = ModelSpec(
        "posterv2", "expression", "crop", (), (), classes=CLASSES, size=SIZE, mean=mean, std=std,
        template="whole", outputs=reading.outputs,
    )  # fmt: skip
    probe = cast(Float32, probe_of(card))
    with TemporaryDirectory() as folder:
        whole, small = Path(folder) / "fp32.onnx", Path(folder) / "int8.onnx"
        gap = export(reading, card, probe, whole)["float32"]
        lowered = quantize(onnx.load(str(whole)), [probe])
        small.write_bytes(with_card(lowered, card).SerializeToString())
        print(
            f"  fp32 {whole.stat().st_size / 1e6:.1f} MB, {gap:.1g} from torch; "
            f"int8 {small.stat().st_size / 1e6:.1f} MB"
        )
        images = np.random.default_rng(0).integers(0, 256, (1, SIZE, SIZE, 3), np.uint8)
        seen = torch.from_numpy(probe[:1])
        fp32, int8 = Predictor(whole), Predictor(small)
        found = _best(
            {
                "torch, eager": lambda: _ask(reading, seen),
                "ONNX Runtime, fp32": lambda: fp32.score_crops(images),
                "ONNX Runtime, int8": lambda: int8.score_crops(images),
            },
            rounds,
        )
    first = next(iter(found.values()))
    for name, seconds in found.items():
        print(f"  {name}: {1000 * seconds:.0f} ms of CPU a picture, {first / seconds:.2f}x")


def _ask(reading: Reading, image: torch.Tensor) -> None:
    with torch.no_grad():
        reading(image)


def _best(rows: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """CPU seconds of each, the quickest of several turns after one that does not count."""
    best = dict.fromkeys(rows, float("inf"))
    for number in range(rounds + 1):
        for name, run in rows.items():
            start = time.process_time()
            run()
            if number:
                best[name] = min(best[name], time.process_time() - start)
    return best

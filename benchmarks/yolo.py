"""What a picture costs a YOLOv5s at 416 pixels: torch as trained, folded, ONNX, and ONNX in 8 bits.

Random weights: how well it finds is no question here. One thread each.
"""

import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import onnx
import torch

from mien.models import build
from mien.models.decoding import Decoded
from mien.models.folding import folded
from mien.runtime import open_session
from mien.spec import ModelSpec
from mien.training.boxexport import EIGHT_BITS, head_of
from mien.training.export import export
from mien.training.precision import quantize

SIZE = 416
CLASSES = ("awake", "sleep")
ROUNDS = 5


def main(rounds: int = ROUNDS) -> None:
    """Measure all four in turns and print the table."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    network = build("yolov5s", len(CLASSES)).eval()
    quick = Decoded(folded(network))
    card = ModelSpec(
        name="yolov5s", task="detection", reads="picture", units=(), sides=(), classes=CLASSES,
        size=SIZE, outputs=Decoded.outputs,
    )  # fmt: skip
    image = np.random.default_rng(0).random((1, 3, SIZE, SIZE)).astype(np.float32)
    tensor = torch.from_numpy(image)
    with tempfile.TemporaryDirectory(prefix="mien-") as folder:
        whole, small = Path(folder) / "fp32.onnx", Path(folder) / "int8.onnx"
        export(quick, card, np.concatenate([image, image]), whole)
        model = onnx.load(str(whole))
        eighth = quantize(model, iter([image]), EIGHT_BITS, head_of(model, len(CLASSES)))
        small.write_bytes(eighth.SerializeToString())
        sessions = {
            "ONNX Runtime, fp32": open_session(whole),
            "ONNX Runtime, int8": open_session(small),
        }
        runs: dict[str, Callable[[], object]] = {
            "torch, eager": partial(_said, Decoded(network), tensor),
            "torch, folded": partial(_said, quick, tensor),
        }
        for name, session in sessions.items():
            runs[name] = partial(session.run, None, {"image": image})
        found = _best(runs, rounds)
    slowest = found["torch, eager"]
    print(f"  YOLOv5s, {len(CLASSES)} classes, one picture of {SIZE} pixels, one thread")
    for name, seconds in found.items():
        print(f"  {name}: {1000 * seconds:.0f} ms of CPU a picture, {slowest / seconds:.2f}x")


def _said(network: torch.nn.Module, image: torch.Tensor) -> object:
    with torch.no_grad():
        return network(image)


def _best(runs: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """CPU seconds of each, the quickest of several turns."""
    best = dict.fromkeys(runs, float("inf"))
    for run in runs.values():
        run()
    for _ in range(rounds):
        for name, run in runs.items():
            start = time.process_time()
            run()
            best[name] = min(best[name], time.process_time() - start)
    return best

"""The rule by which both sides of a comparison fill a network with the same weights."""

import json
import zlib

import numpy as np
import torch

__all__ = ["drawn_state", "drawn_tensor", "gradient", "jaanet_state", "picture", "waves"]


def drawn_tensor(name: str, shape: tuple[int, ...]) -> torch.Tensor:
    """The weights that belong to a name and a shape."""
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    last = name.rpartition(".")[2]
    if last == "num_batches_tracked":
        return torch.zeros(shape, dtype=torch.int64)
    if last == "running_var":
        values = 0.5 + rng.random(shape)
    elif last == "running_mean":
        values = 0.1 * rng.standard_normal(shape)
    elif last == "weight" and len(shape) == 1:
        values = 1 + 0.1 * rng.standard_normal(shape)
    elif last.endswith("bias"):
        values = 0.05 * rng.standard_normal(shape)
    elif len(shape) >= 2:
        values = rng.standard_normal(shape) / np.sqrt(np.prod(shape[1:]))
    else:
        values = 0.05 * rng.standard_normal(shape)
    return torch.from_numpy(np.asarray(values)).float()


def drawn_state(path) -> dict[str, torch.Tensor]:
    """A state dict from a file of names and shapes."""
    keys = json.loads(path.read_text())["keys"]
    return {one["key"]: drawn_tensor(one["key"], tuple(one["shape"])) for one in keys}


def picture(side: int, seed: int = 0) -> torch.Tensor:
    """The pictures that both sides read, (2, 3, side, side)."""
    rng = np.random.default_rng(seed)
    return torch.from_numpy(rng.standard_normal((2, 3, side, side)).astype(np.float32))


def jaanet_state(folder, name, version) -> dict[str, torch.Tensor]:
    """JAA-Net's checkpoint: drawn weights, and landmarks that lie on a face."""
    keys = json.loads((folder / f"jaanet_{name}_keys.json").read_text())
    rows = keys["v1"] + (keys["v2_extra"] if version == 2 else [])
    out = {key: drawn_tensor(key, tuple(shape)) for key, shape, _ in rows}
    template = json.loads((folder / "jaanet_template_land.json").read_text())
    out["align_net.align_output.1.weight"] *= 8
    out["align_net.align_output.1.bias"] = torch.tensor(template["land"])
    return out


def gradient(width: int, height: int) -> np.ndarray:
    """The picture that both sides align for JAA-Net, uint8 (h, w, 3)."""
    y, x = np.mgrid[:height, :width]
    sides = [x / (width - 1), y / (height - 1), (x + y) / (width + height - 2)]
    return np.rint(255 * np.stack(sides, axis=-1)).astype(np.uint8)


def waves(width: int, height: int) -> np.ndarray:
    """The picture that both sides align as FFHQ, uint8 (h, w, 3)."""
    y, x = np.mgrid[:height, :width]
    found = [np.sin(x / 17), np.cos(y / 23), np.sin((x + y) / 31)]
    return np.rint(127.5 + 127.5 * np.stack(found, axis=-1)).astype(np.uint8)

"""The straightforward pipeline: what our own is compared with in `benchmarks.student`.

Each frame by itself, with the same networks: the face is looked for anew, aligned to 512 pixels,
resized, cropped and normalised as a picture, and a network of torch is asked once for each task, as
the public package asks its two heads.
"""

import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image as Picture
from torchvision import transforms

import mien
from mien.face.align import crop
from mien.models.student import Backbone, Form, Student, combined
from mien.training.recipe import IMAGENET
from mien.video.reader import open_source

TASKS = ("head", "occurrence", "expression")
WARM = 5
"""Frames before the clock runs."""


def network(backbone: Backbone = "resnet18") -> Student:
    """The combined student with random weights, the same at every call."""
    torch.manual_seed(0)
    form: Form = "intensity" if backbone == "resnet18" else "unbounded"
    return combined(12, backbone=backbone, form=form).eval()


def per_frame(clip: Path, frames: int) -> float:
    """Milliseconds of CPU time of a frame, on one thread."""
    torch.set_num_threads(1)
    asked = network()
    seen = transforms.Compose(
        [
            transforms.Resize(256),
            transforms.CenterCrop(224),
            transforms.ToTensor(),
            transforms.Normalize(*IMAGENET),
        ]
    )
    begun, count = 0.0, 0
    with torch.no_grad(), open_source(clip) as source:
        for number, frame in enumerate(source):
            if number == WARM:
                begun, count = time.process_time(), 0
            for face in mien.find_faces(frame.image):
                if face.mesh is None:
                    continue
                aligned = crop(frame.image, face.mesh, "ffhq").image
                image = seen(Picture.fromarray(np.asarray(aligned)))[None]
                for task in TASKS:
                    features = asked.squeeze(asked.features(image))
                    getattr(asked, task)(features).sigmoid().numpy()
            count += 1
            if count == frames and number > WARM:
                break
    return 1000 * (time.process_time() - begun) / count


def one_pass(frames: int) -> float:
    """Milliseconds of CPU time of the network alone, all heads in one pass, on one thread."""
    torch.set_num_threads(1)
    asked, image = network(), torch.zeros(1, 3, 224, 224)
    with torch.no_grad():
        for number in range(WARM + frames):
            if number == WARM:
                begun = time.process_time()
            asked(image)
    return 1000 * (time.process_time() - begun) / frames

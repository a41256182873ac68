"""What detectors cost, as float32 and in 8 bits: as other networks, but for a picture."""

from collections.abc import Sequence

import numpy as np

from mien.comparison.boxasking import Look
from mien.comparison.costs import Cost
from mien.comparison.counting import count
from mien.comparison.detectors import Detector
from mien.comparison.memory import memory_of
from mien.data.yolo import BoxedPictures
from mien.evaluation.timing import Timed, seconds_per_crop
from mien.face.letterbox import letterbox
from mien.files import digest_of
from mien.training.exporting import probe_of
from mien.video.pictures import read_picture

__all__ = ["SHOWN", "box_costs"]

SHOWN = 4
"""Pictures that each detector reads in a round."""


def box_costs(entrants: Sequence[Detector], part: BoxedPictures) -> list[list[Cost]]:
    """The costs of each detector as it is, and in 8 bits where that file is there.

    All take turns on the first pictures, brought to the largest square that one of them reads.

    Args:
        entrants: the detectors.
        part: pictures.
    """
    side = max(one.spec.size for one in entrants)
    paths = [part.path[at % len(part)] for at in range(SHOWN)]
    images = np.stack([letterbox(read_picture(path), side)[0] for path in paths])
    files = [
        (place, one, file)
        for place, one in enumerate(entrants)
        for file in (one.file, one.small)
        if file is not None
    ]
    seconds = seconds_per_crop([Timed(Look(file, one.spec, 1), images) for _, one, file in files])
    costs: list[list[Cost]] = [[] for _ in entrants]
    for (place, one, file), spent in zip(files, seconds, strict=True):
        counted = count(file, probe_of(one.spec))
        costs[place].append(
            Cost(
                "int8" if costs[place] else one.spec.precision,
                digest_of(file),
                file.stat().st_size,
                counted.parameters,
                counted.operations,
                spent,
                memory_of(str(file.resolve()), one.spec.size),
                counted.uncounted,
            )
        )
    return costs

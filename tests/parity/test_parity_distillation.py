"""The losses of distillation against those of LibreFace's code on the same numbers."""

import numpy as np
import pytest
import torch

from mien.losses.au import squared_error
from mien.losses.distillation import divergence, factors, feature_matching


@pytest.fixture(scope="module")
def stored(shared):
    found = np.load(shared / "parity" / "libreface_distill_losses.npz")
    return {name: torch.from_numpy(np.asarray(found[name])) for name in found.files}


def test_every_loss_and_their_sum_are_the_authors(stored):
    labels = stored["labels"]
    losses = {
        "features": feature_matching(
            stored["student_features_interp128"], stored["teacher_features"]
        ),
        "divergence": divergence(stored["student_through_teacher_head"], stored["teacher_output"]),
        "task": squared_error(stored["student_intensity"], labels, labels >= 0),
    }
    for name, key in {"features": "fm", "divergence": "kl", "task": "task"}.items():
        assert losses[name].item() == pytest.approx(stored[f"loss_{key}"].item(), rel=1e-5), name
    for form in ("corrected", "public"):
        total = sum(factor * losses[name] for name, factor in factors(form=form).items())
        assert total.item() == pytest.approx(stored["loss_total_alpha1"].item(), rel=1e-5)

"""How readings of mesh and picture are brought together."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from mien.data.expressions import COLUMNS, OUTPUTS, OUTPUTS_OF, SWAP
from mien.data.portraitexam import KINDS, PortraitExam
from mien.face.geometry import difference, features
from mien.models.pictureunits import pictureunits
from mien.training.pictureexam import run
from mien.training.picturefusing import (
    Fusion,
    Readings,
    Stretch,
    aside,
    even,
    first_of,
    fuse,
    pair_weights,
    read_all,
)

PORTRAITS, EACH = 30, 20
SMILE = [COLUMNS.index("AU12_L"), COLUMNS.index("AU12_R")]
JAW, CHIN, BROW = COLUMNS.index("AU26"), COLUMNS.index("AU17"), COLUMNS.index("AU4_L")


@pytest.fixture(scope="module")
def exam():
    """Pictures without pictures: what was planted, and whose they are."""
    rng = np.random.default_rng(0)
    count = PORTRAITS * EACH
    intensity = rng.random((count, OUTPUTS)).astype(np.float32)
    kind = np.full(count, KINDS.index("mixture"))
    kind[::EACH] = KINDS.index("rest")
    intensity[::EACH] = 0
    return PortraitExam(
        np.zeros((count, 0, 3), np.float32), np.zeros((count, 0), np.uint8), intensity,
        np.repeat(np.arange(PORTRAITS), EACH), kind, np.zeros(count, np.int64),
    )  # fmt: skip


@pytest.fixture(scope="module")
def readings(exam):
    """The mesh sees smiles, the picture jaws, both half of all else, all with a level."""
    rng = np.random.default_rng(1)
    own = rng.normal(0, 1, (2, 1, OUTPUTS))
    noise = rng.normal(0, 0.3, (2, *exam.intensity.shape))
    both = 0.5 * exam.intensity + noise
    blind = rng.normal(0, 0.3, exam.intensity.shape)
    both[0][:, SMILE], both[1][:, SMILE] = exam.intensity[:, SMILE], blind[:, SMILE]
    both[0][:, JAW], both[1][:, JAW] = blind[:, JAW], exam.intensity[:, JAW] / 4
    return Readings(*(both + own).astype(np.float32))


def fused(readings, exam, **more):
    more = {"level": True, "stretch": Stretch(1.0, 1.0), **more}
    return fuse(readings, exam, np.ones(len(exam.kind), bool), **more)


def test_each_unit_is_read_by_whichever_sees_it(readings, exam):
    found = fused(readings, exam)
    assert found.mesh[SMILE] == pytest.approx([1, 1], abs=0.02)
    assert (found.picture[SMILE] == 0).all()
    assert found.mesh[JAW] == 0
    assert found.picture[JAW] == pytest.approx(4, abs=0.05)
    assert found.mesh[CHIN] == pytest.approx(found.picture[CHIN], rel=0.25)
    assert found.mesh[CHIN] > 0.2


def test_left_and_right_are_weighed_alike(readings, exam):
    found = fused(readings, exam)
    assert OUTPUTS_OF[12] == SMILE
    for columns in OUTPUTS_OF.values():
        assert len(set(found.mesh[columns].tolist())) == 1
        assert len(set(found.picture[columns].tolist())) == 1


def test_a_common_level_counts_only_against_a_neutral(readings, exam):
    lifted = Readings(readings.mesh + 3, readings.picture)
    loose, strict = (fused(lifted, exam, level=one) for one in (True, False))
    assert strict.mesh[SMILE[0]] < 0.5 < loose.mesh[SMILE[0]]
    np.testing.assert_allclose(loose.mesh, fused(readings, exam).mesh, atol=1e-3)


def test_shrunk_outputs_are_stretched_as_far_as_allowed(readings, exam):
    plain, little, much = (
        fused(readings, exam, stretch=Stretch(one, 1.0)) for one in (1.0, 1.2, 9.0)
    )
    assert (plain.gain == 1).all()
    assert little.gain[BROW] == pytest.approx(1.2)
    assert much.gain[BROW] > 1.5
    moved = [one - one.mean(axis=0) for one in (readings.mesh, readings.picture)]
    level = much.gain * (much.mesh * moved[0] + much.picture * moved[1])
    true = exam.intensity - exam.intensity.mean(axis=0)
    rise = (level * true)[..., BROW].sum() / (true[..., BROW] ** 2).sum()
    assert rise == pytest.approx(1, abs=0.15)


def test_a_quiet_face_reads_nothing(readings, exam):
    quiet = exam.of("rest")
    found = fused(readings, exam, quiet=quiet)
    level = found.mesh * readings.mesh + found.picture * readings.picture - found.offset
    pair = level[quiet][:, SMILE]
    assert np.median(pair) == pytest.approx(0, abs=1e-5)
    assert (fused(readings, exam).offset == 0).all()
    assert found.apply(readings).min() >= 0
    assert found.apply(readings).max() <= 1


def test_a_reading_that_runs_the_wrong_way_is_left_out(readings, exam):
    turned = Readings(-readings.mesh, readings.picture)
    found = fused(turned, exam)
    assert (found.mesh >= 0).all()
    assert found.mesh[SMILE[0]] == 0


def test_two_readings_are_weighed_shifted_stretched_and_held_within_0_and_1():
    fusion = Fusion(*(np.full(OUTPUTS, one, np.float32) for one in (0.5, 2.0, 0.1, 1.5, 9, 9)))
    ones = np.ones((3, OUTPUTS), np.float32)
    rows = ones * np.float32([[0.4], [2.0], [-2.0]])
    found = fusion.apply(Readings(rows, 0.2 * ones))
    # 1.5 (0.5 x 0.4 + 2 x 0.2 - 0.1)
    np.testing.assert_allclose(found, ones * [[0.75], [1], [0]], atol=1e-6)


def test_mesh_and_picture_are_read_alone_and_against_their_own_portrait():
    rng = np.random.default_rng(2)
    portrait = np.array([7, 7, 4])
    exam = PortraitExam(
        rng.normal(200, 50, (3, 478, 3)).astype(np.float32),
        rng.integers(0, 255, (3, 112, 112, 3), np.uint8),
        np.zeros((3, OUTPUTS), np.float32), portrait, 0 * portrait, 0 * portrait,
    )  # fmt: skip
    torch.manual_seed(0)
    network, given = pictureunits(OUTPUTS, width=8, features=16).eval(), []

    def says(value):
        def read(described):
            given.append(described)
            return np.full((len(described), OUTPUTS), value, np.float32)

        return read

    alone, against = read_all(
        network, lambda crops: run(network, crops)[1], exam, says(2.5), says(4.0)
    )
    assert first_of(portrait).tolist() == [0, 0, 2]
    described, own = features(exam.mesh), [0, 0, 2]
    np.testing.assert_array_equal(given[0], described)
    np.testing.assert_array_equal(given[1], difference(described, described[own]))
    assert np.unique(alone.mesh).tolist() == [0.5]
    assert np.unique(against.mesh) == pytest.approx([0.8])
    sides = []
    for crops, order in ((exam.crop, slice(None)), (exam.crop[:, :, ::-1], SWAP)):
        logits, seen = run(network, crops)
        with torch.no_grad():
            moved = network.differ(torch.from_numpy(seen), torch.from_numpy(seen[own])).numpy()
        sides.append((logits[:, order], moved[:, order]))
    wanted, moved = (sum(both) / 2 for both in zip(*sides, strict=True))
    np.testing.assert_allclose(alone.picture, wanted, atol=1e-6)
    np.testing.assert_allclose(against.picture, moved, atol=1e-6)
    assert (against.picture[[0, 2]] == 0).all()
    assert (against.picture[1] != 0).any()


def test_both_sides_and_how_they_differ_are_apart_and_whole_again():
    rows = np.random.default_rng(0).random((3, OUTPUTS)).astype(np.float32)
    np.testing.assert_allclose(even(rows) + aside(rows), rows, atol=1e-6)
    np.testing.assert_array_equal(even(rows), even(rows)[:, SWAP])
    np.testing.assert_array_equal(aside(rows), -aside(rows)[:, SWAP])
    assert even(rows)[0, SMILE[0]] == pytest.approx(rows[0, SMILE].mean())


def test_the_sides_are_read_by_whichever_sees_them(exam):
    """The mesh sees smiles and no sides, the picture a tenth of how the sides differ."""
    rng = np.random.default_rng(3)
    true = exam.intensity
    noise = rng.normal(0, 0.01, (2, *true.shape))
    readings = Readings(even(true) + noise[0], 0.1 * aside(true) + noise[1])
    found = fused(readings, exam, stretch=Stretch(1.0, 4.0))
    assert found.mesh[SMILE] == pytest.approx([1, 1], abs=0.02)
    assert (found.picture[SMILE] == 0).all()
    assert (found.mesh_aside[SMILE] == 0).all()
    assert found.picture_aside[SMILE] == pytest.approx([10, 10], rel=0.1)
    assert (found.picture_aside[[JAW, CHIN]] == 0).all()
    np.testing.assert_allclose(found.apply(readings)[:, SMILE], true[:, SMILE], atol=0.4)
    gap = (found.apply(readings) - true)[:, SMILE]
    assert np.sqrt(np.square(gap).mean()) < 0.1
    plain = fused(readings, exam)
    assert plain.picture_aside[SMILE[0]] < 0.95 * found.picture_aside[SMILE[0]]


def test_sides_that_are_hardly_seen_are_not_stretched(exam):
    rng = np.random.default_rng(3)
    true = exam.intensity
    for noise, stretched in ((0.4, True), (2.0, False)):
        blurred = aside(true) + rng.normal(0, noise, true.shape)
        readings = Readings(even(true) + blurred, np.zeros_like(true))
        plain, wide = (fused(readings, exam, stretch=Stretch(1.0, one)) for one in (1.0, 2.0))
        ratio = wide.mesh_aside[SMILE[0]] / plain.mesh_aside[SMILE[0]]
        assert ratio == pytest.approx(2 if stretched else 1, abs=0.01)


def test_one_sided_pictures_tell_of_the_sides_alone(readings, exam):
    kind = exam.kind.copy()
    kind[1::EACH] = KINDS.index("onesided")
    other = Readings(*(one.copy() for one in readings))
    other.mesh[1::EACH] *= 3
    told = replace(exam, kind=kind)
    for mesh in (other, readings):
        np.testing.assert_array_equal(fused(mesh, told).mesh, fused(readings, told).mesh)
    one, two = (fused(given, told).mesh_aside[SMILE[0]] for given in (other, readings))
    assert one < 0.9 * two


def test_a_very_small_share_is_none():
    rng = np.random.default_rng(4)
    both = rng.normal(0, 1, (4000, 2)).astype(np.float32)
    for share, kept in ((0.03, False), (0.3, True)):
        found = pair_weights(both, both @ np.float32([1 - share, share]))
        assert (found[1] > 0) == kept, share
        assert found[0] == pytest.approx(1 - share, abs=0.02)

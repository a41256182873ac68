import numpy as np
import pytest

from mien.data import portraits
from mien.data.expressions import COLUMNS, planted, table
from mien.data.planted import Portrait, plant, single_units, to_size
from mien.data.portraits import MIX, NUISANCE, REST, SINGLE
from mien.data.synthetic import rotations
from mien.errors import UnreadableSource
from mien.face.geometry import reference
from tests.data.made_mesh import reference_mesh


@pytest.fixture
def portrait():
    """A checked picture with the reference face on it, eyes 80 pixels apart."""
    rows, columns = np.indices((240, 240))
    image = np.stack([rows, columns, 60 + 60 * ((rows // 8 + columns // 8) % 2)], axis=-1)
    mesh = reference_mesh(80, (120, 120))
    return Portrait(image.astype(np.uint8), mesh)


def held(mesh):
    """Finds the same mesh in every picture."""

    def find(*_):
        return mesh

    return find


def weights_of(model, units):
    return planted(units) @ table(model.names)


def test_planting_nothing_changes_nothing(portrait, model):
    out = plant(portrait, model, np.zeros(57, np.float32))
    assert np.abs(out.astype(int) - portrait.image).max() <= 1


def test_a_left_smile_changes_the_picture_at_the_persons_left_only(portrait, model):
    out = plant(portrait, model, weights_of(model, {"12L": 1}))
    changed = np.abs(out.astype(int) - portrait.image).max(axis=2) > 3
    rows, columns = np.nonzero(changed)
    corner = portrait.mesh[291, :2]
    assert len(rows) > 10
    assert columns.min() > 120  # right half of the picture
    assert np.abs(np.stack([columns, rows], axis=1) - corner).max() < 60


def test_the_picture_follows_the_point(portrait, model):
    out = plant(portrait, model, weights_of(model, {"12L": 0.4}))
    x, y = portrait.mesh[291, :2]
    up = 0.4 * 80 / 9.18  # the made-up smile is a centimetre
    moved = out[round(y - up), round(x), :2].astype(float)
    np.testing.assert_allclose(moved, portrait.image[round(y), round(x), :2], atol=2)


def test_lips_that_part_show_a_dark_mouth_and_teeth(portrait, model):
    jaw = model.names.index("jawOpen")
    moving = model.expression.copy()
    chin = reference()[0][:, 1] < (reference()[0][13, 1] + reference()[0][14, 1]) / 2 - 1e-3
    moving[jaw] = 0
    moving[jaw, chin, 1] = -2.0
    changed = type(model)(**{**model.__dict__, "expression": moving})
    bright = Portrait(np.full_like(portrait.image, 180), portrait.mesh)
    weights = np.zeros(57, np.float32)
    assert plant(bright, changed, weights).min() >= 179
    weights[jaw] = 1
    out = plant(bright, changed, weights)
    x, y = portrait.mesh[[13, 14], :2].mean(axis=0)
    column = out[round(y) : round(y) + 20, round(x), 0]
    assert column.min() < 70
    assert column.argmin() > np.argmax(column > 150)  # teeth under the upper lip, dark below


def test_a_turn_moves_the_nose(portrait, model):
    turn = rotations(np.array([[0.2, 0, 0]], np.float32))[0]
    out = plant(portrait, model, np.zeros(57, np.float32), turn=turn)
    x, y = np.rint(portrait.mesh[1, :2]).astype(int)
    assert out[y, x, 1] < portrait.image[y, x, 1] - 1  # what was at the left of the nose


def test_large_portraits_shrink_with_their_mesh(portrait):
    large = Portrait(portrait.image.repeat(2, 0).repeat(2, 1), 2 * portrait.mesh + [0.5, 0.5, 0])
    small = to_size(large)
    assert np.linalg.norm(small.mesh[33, :2] - small.mesh[263, :2]) == pytest.approx(100, rel=0.01)
    assert small.image.shape == (300, 300, 3)
    assert to_size(portrait) is portrait


def test_single_units_come_at_two_levels_each():
    planned = single_units(0)
    assert len(planned) == 42
    unit, intensity = planned[0]
    assert unit == 1
    assert intensity[COLUMNS.index("AU1_L")] == intensity[COLUMNS.index("AU1_R")] > 0


def test_the_evaluation_has_rest_singles_and_mixtures(portrait, model):
    faces = portraits.evaluation([portrait], model, held(portrait.mesh))
    assert np.bincount(faces.kind, minlength=4).tolist() == [1, 42, 12, 0]
    assert set(faces.unit[faces.kind == SINGLE]) == {u for u, _ in single_units(0)}
    assert not faces.intensity[faces.kind == REST].any()


def test_groups_are_complete_or_left_out(portrait, model):
    calls = []

    def sometimes(*_):
        calls.append(1)
        return None if len(calls) == 3 else portrait.mesh

    faces = portraits.groups([portrait, portrait], model, sometimes, 1)
    assert len(faces.group) == portraits.GROUP
    assert faces.kind.tolist() == [REST, NUISANCE, MIX, MIX, MIX, MIX]
    assert set(faces.group) == {1}


def test_pairs_are_minus_the_unchanged_picture(portrait, model):
    faces = portraits.groups([portrait], model, held(portrait.mesh), 1)
    made = portraits.pairs(faces)
    assert len(made.features) == portraits.GROUP
    assert np.abs(made.features[:, :1404]).max() < 1e-5


def test_a_mesh_that_jumped_elsewhere_is_dropped(portrait, model):
    away = portrait.mesh + np.float32(60)
    assert len(portraits.groups([portrait], model, held(portrait.mesh), 1).group) == 6
    for make in (lambda *given: portraits.groups(*given, 1), portraits.evaluation):
        for given, find in (([portrait], held(away)), ([], held(portrait.mesh))):
            with pytest.raises(UnreadableSource, match="nothing could be planted"):
                make(given, model, find)


def test_without_portraits_of_a_part_nothing_is_planted(model):
    with pytest.raises(UnreadableSource, match="nothing could be planted"):
        portraits.evaluation([], model, held(None))


def test_planted_sets_survive_their_files(portrait, model, tmp_path):
    faces = portraits.groups([portrait], model, held(portrait.mesh), 1)
    for name in ("a.npz", "b.npz"):
        portraits.write(faces, tmp_path / name)
    both = portraits.read_planted(tmp_path / "a.npz", tmp_path / "b.npz")
    assert len(both.group) == 12
    assert len(set(both.group)) == 2  # groups of different files stay apart
    with pytest.raises(UnreadableSource, match="mien datasets plant"):
        portraits.read_planted(tmp_path / "c.npz")


def test_all_rounds_of_a_folder_are_learned_from(portrait, model, tmp_path):
    with pytest.raises(UnreadableSource, match=r"planted-groups-1\.npz is not there; make it with"):
        portraits.read_groups(tmp_path)
    faces = portraits.groups([portrait], model, held(portrait.mesh), 1)
    for number in (1, 2):
        portraits.write(faces, tmp_path / portraits.GROUPS_FILE.format(number))
    portraits.write(faces, tmp_path / portraits.EVALUATION_FILE)
    assert len(portraits.read_groups(tmp_path).group) == 12


def test_quiet_faces_have_closed_lips_and_open_eyes(portrait):
    mesh = portrait.mesh.copy()
    mesh[14] = mesh[13]  # the reference face is the median of faces that talk and smile as well
    assert portraits.is_quiet(mesh)
    talking = mesh.copy()
    talking[14, 1] += 10
    assert not portraits.is_quiet(talking)
    asleep = mesh.copy()
    for upper, lower in ((159, 145), (386, 374)):
        asleep[upper, :2] = asleep[lower, :2]
    assert not portraits.is_quiet(asleep)


def test_a_folder_without_pictures_is_refused(tmp_path):
    with pytest.raises(UnreadableSource, match="portraits"):
        portraits.read(tmp_path, held(None))

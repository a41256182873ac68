import numpy as np
import pytest

from mien.data import measuring, rendered
from mien.data.ict import turned_eyes
from mien.data.rendered import FRAMES, Rendered
from mien.data.response import design
from mien.data.synthetic import draw_poses, rotations
from mien.errors import UnreadableSource

FLIP = np.array([1, -1, -1], np.float32)


class Head:
    """Stands in for the whole head: its vertices are the mesh points."""

    def __init__(self, model):
        self.model = model

    def person(self, identity):
        return self.model.neutral + np.tensordot(identity, self.model.identity, 1)

    def express(self, person, weights, gaze):
        weights = weights + turned_eyes(gaze[None], self.model.names)[0]
        return person + np.tensordot(weights, self.model.expression, 1)

    def mesh(self, vertices):
        return vertices


@pytest.fixture
def stage(model, monkeypatch):
    """Pictures are not drawn: the finder is told where the mesh would be, in the order asked."""
    seen = []

    def render(head, vertices, turn, camera, style):
        places = camera.project(vertices, turn)
        mesh = np.concatenate([places, places[[33] * 5 + [263] * 5]])
        seen.append(mesh.astype(np.float32))
        return np.zeros((camera.size, camera.size, 3), np.uint8)

    monkeypatch.setattr(rendered, "render", render)
    return Head(model), lambda *_: seen[-1]


def test_persons_are_rendered_six_times_and_kept_in_shards(stage, model, tmp_path, monkeypatch):
    monkeypatch.setattr(rendered, "SHARD", 2)
    head, find = stage
    rendered.make(head, model, find, range(5), tmp_path)
    faces = rendered.read(tmp_path)
    assert len(list(tmp_path.iterdir())) == 3
    assert np.bincount(faces.person).tolist() == [FRAMES] * 5
    assert faces.neutral.sum() == 5
    assert not faces.intensity[faces.neutral].any()
    assert faces.mesh.shape == (30, 478, 3)
    same = faces.identity.reshape(5, FRAMES, -1)
    np.testing.assert_array_equal(same[:, :1].repeat(FRAMES, 1), same)


def test_a_stopped_run_leaves_whole_shards_alone(stage, model, tmp_path, monkeypatch):
    monkeypatch.setattr(rendered, "SHARD", 2)
    head, find = stage
    rendered.make(head, model, find, range(2), tmp_path)
    before = (tmp_path / "rendered-00000.npz").stat().st_mtime_ns
    rendered.make(head, model, find, range(4), tmp_path)
    assert (tmp_path / "rendered-00000.npz").stat().st_mtime_ns == before
    assert len(rendered.read(tmp_path).person) == 4 * FRAMES


def test_a_shard_that_was_cut_short_is_made_anew_for_more_persons(
    stage, model, tmp_path, monkeypatch
):
    monkeypatch.setattr(rendered, "SHARD", 2)
    head, find = stage
    rendered.make(head, model, find, range(3), tmp_path)
    rendered.make(head, model, find, range(4), tmp_path)
    assert np.bincount(rendered.read(tmp_path).person).tolist() == [FRAMES] * 4
    last = tmp_path / "rendered-00002.npz"
    before = last.stat().st_mtime_ns
    rendered.make(head, model, find, range(3), tmp_path)
    assert last.stat().st_mtime_ns == before
    last.write_bytes(last.read_bytes()[:900])
    with pytest.raises(UnreadableSource, match=r"damaged .* make it with: mien datasets render"):
        rendered.read(tmp_path)
    rendered.make(head, model, find, range(4), tmp_path)
    assert np.bincount(rendered.read(tmp_path).person).tolist() == [FRAMES] * 4


def test_a_shard_of_every_fifth_person_is_made_anew(stage, model, tmp_path, monkeypatch):
    """Those whose heads keep still were once the held-out ones only."""
    monkeypatch.setattr(rendered, "SHARD", 2)
    head, find = stage
    rendered.make(head, model, find, range(0, 10, 5), tmp_path)
    rendered.make(head, model, find, range(4), tmp_path)
    assert np.bincount(rendered.read(tmp_path).person).tolist() == [FRAMES] * 4


def test_faces_that_are_not_found_or_elsewhere_are_dropped(stage, model, tmp_path):
    head, find = stage
    calls = []

    def unsure(*_):
        calls.append(1)
        if len(calls) == 2:
            return None
        return find() + np.float32(60 if len(calls) == 3 else 0)

    rendered.make(head, model, unsure, range(1), tmp_path)
    assert len(rendered.read(tmp_path).person) == FRAMES - 2


def test_persons_on_whom_no_mesh_is_found_leave_no_shard(stage, model, tmp_path):
    rendered.make(stage[0], model, lambda *_: None, range(1), tmp_path)
    with pytest.raises(UnreadableSource, match="holds no rendered faces"):
        rendered.read(tmp_path)


def test_every_fifth_person_is_held_out(stage, model, tmp_path):
    head, find = stage
    rendered.make(head, model, find, range(6), tmp_path)
    seen, held = rendered.split(rendered.read(tmp_path))
    assert set(held.person) == {0, 5}
    assert set(seen.person) == {1, 2, 3, 4}


def test_the_same_persons_keep_their_heads_still_if_asked(stage, model, tmp_path):
    head, find = stage
    rendered.make(head, model, find, range(2), tmp_path / "still", still=True)
    rendered.make(head, model, find, range(2), tmp_path / "turning")
    still, turning = (rendered.read(tmp_path / name) for name in ("still", "turning"))
    assert set(still.person) == set(turning.person) == {0, 1}
    for person in (0, 1):
        assert len(np.unique(still.pose[still.person == person], axis=0)) == 1
        assert len(np.unique(turning.pose[turning.person == person], axis=0)) == FRAMES
    np.testing.assert_array_equal(still.identity[still.neutral], turning.identity[turning.neutral])
    drawn = [one.intensity[~one.neutral] for one in (still, turning)]
    assert not (drawn[0] == drawn[1]).all(axis=1).any()  # other expressions, so twice as many
    first, second = (still.intensity[still.person == person] for person in (0, 1))
    assert not (first[1:] == second[1:]).all(axis=1).any()


def test_what_is_missing_is_told_with_the_command_that_makes_it(tmp_path):
    with pytest.raises(UnreadableSource, match=r"datasets render --data"):
        rendered.read(tmp_path / rendered.FOLDER)
    with pytest.raises(UnreadableSource, match=r"datasets render --still --data"):
        rendered.read(tmp_path / rendered.STILL_FOLDER)


def test_pairs_are_minus_the_persons_neutral(stage, model, tmp_path):
    head, find = stage
    rendered.make(head, model, find, range(2), tmp_path)
    faces = rendered.read(tmp_path)
    made = rendered.pairs(faces)
    assert len(made.features) == 2 * (FRAMES - 1)
    np.testing.assert_array_equal(made.target, faces.intensity[~faces.neutral])
    alone = rendered.pairs(faces.take(~faces.neutral))
    assert len(alone.features) == 0


def test_an_empty_folder_says_how_to_fill_it(tmp_path):
    with pytest.raises(UnreadableSource, match="mien datasets render"):
        rendered.read(tmp_path)


def test_a_known_response_is_measured_again(model):
    rng = np.random.default_rng(0)
    count = 900
    person = np.arange(count) // 6
    identity = rng.normal(size=(150, 100)).astype(np.float32)[person]
    intensity = rng.random((count, 38)).astype(np.float32)
    pose, gaze = draw_poses(rng, count), rng.normal(0, 0.1, (count, 2)).astype(np.float32)
    weights = np.zeros((count, 57), np.float32)
    true = model.shape(identity, turned_eyes(gaze, model.names), gaze)
    columns = design(intensity, pose, gaze, identity)
    response = np.zeros((columns.shape[1], 470, 3), np.float32)
    response[1:39] = rng.normal(0, 0.1, (38, 470, 3))
    response[1:39] -= response[1:39, :468].mean(axis=1, keepdims=True)
    own = rng.normal(0, 0.05, (150, 470, 3))[person]
    error = np.einsum("nd,dpc->npc", columns, response) + own
    error += rng.normal(0, 0.03, (count, 470, 3))
    turned = (true + error) @ np.swapaxes(rotations(pose), 1, 2)
    pixels = (9 * turned + [100, 100, 0]) * FLIP
    mesh = np.concatenate([pixels[:, :468], pixels[:, [468] * 5 + [469] * 5]], axis=1)
    neutral = np.zeros(count, bool)
    faces = Rendered(
        mesh.astype(np.float32), intensity, weights, gaze, pose, identity, person, neutral
    )
    found = measuring.measure(faces, model)
    wanted = response[1:39, :468].reshape(-1)
    got = found.weights[1:39].reshape(38, 470, 3)[:, :468].reshape(-1)
    assert np.corrcoef(got, wanted)[0, 1] > 0.95
    frame, identity_noise = (
        found.noise(rng, 400, kind)[:, :468].std() for kind in ("frame", "identity")
    )
    assert 0.01 < frame < 0.035
    assert frame < identity_noise < 0.06


def test_laying_one_shape_on_another_undoes_scale_turn_and_shift():
    rng = np.random.default_rng(0)
    goal = rng.normal(size=(3, 470, 3)).astype(np.float32)
    turn = rotations(draw_poses(rng, 3))
    moved = 4 * goal @ np.swapaxes(turn, 1, 2) + np.float32(7)
    np.testing.assert_allclose(measuring.laid_on(moved, goal), goal, atol=1e-4)

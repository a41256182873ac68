"""Batches: targets by the task, the same pictures whatever the workers, nothing drifts."""

import pickle
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from mien.data import planning  # noqa: E402
from mien.data.balance import even_chances  # noqa: E402
from mien.data.cache import prepare  # noqa: E402
from mien.data.labels import Labels  # noqa: E402
from mien.data.loading import CropDataset, EpochSampler, View, loader  # noqa: E402
from mien.data.transforms import Augment  # noqa: E402
from mien.errors import InputError  # noqa: E402
from mien.face.landmarks import mirror  # noqa: E402
from tests.data.aligned_faces import UNITS, made_set  # noqa: E402

VIEW = View("occurrence", (25, 1), size=56)
ALL = np.arange(40)


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    return made_set(tmp_path_factory.mktemp("pictures"))


@pytest.fixture(scope="module")
def cache(index, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(planning, "FEWEST", 15)
        return prepare(index, tmp_path_factory.mktemp("cache"), "jaanet", 64)


def changed(cache, tmp_path, **labels):
    """The same cache with other labels."""
    index = replace(cache.index, **labels)
    return prepare(index, tmp_path / "cache", "jaanet", 64)


def test_a_batch_is_what_the_view_says(cache):
    batch = CropDataset(cache, np.array([4, 9, 30]), VIEW)[(0, 1)]
    assert batch.image.shape == (1, 3, 56, 56)
    assert batch.image.dtype == torch.float32
    batch = CropDataset(cache, np.array([4, 9, 30]), VIEW).__getitems__([(0, 0), (0, 1), (0, 2)])
    assert len(batch) == 3
    assert batch.row.tolist() == [4, 9, 30]
    assert batch.landmarks.shape == (3, 49, 2)
    middle = cache.image(9)[4:60, 4:60] / 255
    expected = (middle - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    assert batch.image[1].numpy() == pytest.approx(expected.transpose(2, 0, 1), abs=1e-5)
    assert batch.landmarks[1].numpy() == pytest.approx(cache.landmarks[9] - 4, abs=1e-5)
    assert batch.eyes.tolist() == cache.eyes[[4, 9, 30]].tolist()


def test_colours_are_scaled_as_the_view_says(cache):
    view = replace(VIEW, mean=(0.5, 0.25, 0.0), std=(0.5, 1.0, 2.0))
    batch = CropDataset(cache, ALL, view)[(0, 9)]
    expected = (cache.image(9)[4:60, 4:60] / 255 - [0.5, 0.25, 0]) / [0.5, 1, 2]
    assert batch.image[0].numpy() == pytest.approx(expected.transpose(2, 0, 1), abs=1e-5)


def test_units_are_known_by_their_number_and_unknown_ones_stay_unknown(cache, index):
    batch = CropDataset(cache, ALL, VIEW).__getitems__([(0, row) for row in range(40)])
    columns = [UNITS.index(25), UNITS.index(1)]
    assert (batch.target.numpy() == index.occurrence.value[:, columns]).all()
    assert (batch.known.numpy() == index.occurrence.known[:, columns]).all()
    assert not batch.known.all()
    assert batch.target.dtype == torch.float32
    assert batch.known.dtype == torch.bool


def test_each_task_has_its_target(cache, index):
    keys = [(0, row) for row in range(40)]
    strength = CropDataset(cache, ALL, replace(VIEW, task="intensity")).__getitems__(keys)
    assert (strength.target.numpy() == index.intensity.value[:, [2, 0]]).all()
    view = View("expression", size=56)
    expression = CropDataset(cache, ALL, view).__getitems__(keys)
    assert expression.target.dtype == torch.int64
    assert (expression.target.numpy() == index.expression.value).all()
    assert (expression.known.numpy() == index.expression.known).all()


def test_intensities_become_occurrence_from_the_threshold_on(cache, index, tmp_path):
    strengths = changed(cache, tmp_path, occurrence=None)
    view = replace(VIEW, threshold=2)
    batch = CropDataset(strengths, ALL, view).__getitems__([(0, row) for row in range(40)])
    expected = (index.intensity.value[:, [2, 0]] >= 2) & index.intensity.known[:, [2, 0]]
    assert (batch.target.numpy() == expected).all()
    assert (batch.known.numpy() == index.intensity.known[:, [2, 0]]).all()


def test_what_the_set_does_not_label_is_refused(cache, tmp_path):
    with pytest.raises(
        InputError, match="made does not label AU9, AU15; it labels AU1, AU12, AU25"
    ):
        CropDataset(cache, ALL, replace(VIEW, units=(9, 12, 15)))
    bare = changed(cache, tmp_path, occurrence=None, intensity=None, expression=None)
    for task, what in (
        ("occurrence", "no action units"),
        ("intensity", "no intensities"),
        ("expression", "no expressions"),
    ):
        with pytest.raises(InputError, match=what):
            CropDataset(bare, ALL, replace(VIEW, task=task))
    with pytest.raises(InputError, match="crops of 224"):
        CropDataset(cache, ALL, replace(VIEW, size=224))
    for row in (-1, 40):
        with pytest.raises(InputError, match="a cache of 40 pictures"):
            CropDataset(cache, np.array([0, row]), VIEW)
    with pytest.raises(InputError, match="with their sides"):
        CropDataset(cache, ALL, replace(VIEW, sides=("L", "R")))


def test_what_is_fetched_twice_is_the_same_and_nothing_stored_drifts(cache):
    kept = [np.array(cache.landmarks), np.array(cache.eyes), cache.index.occurrence.value.copy()]
    data = CropDataset(cache, ALL, VIEW, Augment(flip=1.0, brightness=0.4, erase=1.0))
    first = data[(3, 7)]
    first.landmarks.zero_()
    first.target.fill_(-1)
    first.known.fill_(False)
    again, third = data[(3, 7)], data[(3, 7)]
    assert torch.equal(again.image, third.image)
    assert torch.equal(again.landmarks, third.landmarks)
    assert again.landmarks.abs().sum() > 0
    assert again.target.min() >= 0
    for stored, before in zip(
        (cache.landmarks, cache.eyes, cache.index.occurrence.value), kept, strict=True
    ):
        assert (stored == before).all()


def test_landmarks_move_with_the_crop_and_swap_with_the_flip(cache):
    plain = CropDataset(cache, ALL, VIEW, Augment(flip=0.0))
    flipped = CropDataset(cache, ALL, VIEW, Augment(flip=1.0))
    for row in range(5):
        here, there = plain[(1, row)], flipped[(1, row)]
        assert torch.equal(there.image, here.image.flip(-1))
        points, turned = here.landmarks[0].numpy(), there.landmarks[0].numpy()
        assert turned[:, 0] == pytest.approx(55 - points[mirror("49"), 0], abs=1e-4)
        assert turned[:, 1] == pytest.approx(points[mirror("49"), 1], abs=1e-4)
        assert turned[19:25, 0].mean() < turned[25:31, 0].mean()
        assert there.eyes == here.eyes


def test_sided_labels_change_sides_with_the_flip(cache, tmp_path):
    value = np.zeros((40, 3), np.float32)
    value[:, 0] = 1
    known = np.ones((40, 3), bool)
    known[5, 2] = False
    sided = Labels((12, 25, 12), value, known)
    other = changed(cache, tmp_path)
    other.index = replace(other.index, occurrence=sided)
    view = View("occurrence", (12, 25, 12), size=56, sides=("L", "", "R"))
    batch = CropDataset(other, ALL, view, Augment(flip=1.0)).__getitems__([(0, 0), (0, 5)])
    assert batch.target.tolist() == [[0, 0, 1], [0, 0, 1]]
    assert batch.known.tolist() == [[True, True, True], [False, True, True]]
    straight = CropDataset(other, ALL, view, Augment(flip=0.0))[(0, 5)]
    assert straight.known.tolist() == [[True, True, False]]


def test_an_epoch_has_its_own_pictures_and_a_seed_too(cache):
    augment = Augment(brightness=0.3)
    data = CropDataset(cache, ALL, VIEW, augment, seed=1)
    assert torch.equal(data[(5, 3)].image, CropDataset(cache, ALL, VIEW, augment, 1)[(5, 3)].image)
    assert not torch.equal(data[(5, 3)].image, data[(6, 3)].image)
    other = CropDataset(cache, ALL, VIEW, augment, 2)
    assert not torch.equal(data[(5, 3)].image, other[(5, 3)].image)
    data.set_epoch(5)
    assert torch.equal(data[3].image, data[(5, 3)].image)
    # a variation belongs to the picture and not to its place in this part of the set
    part = CropDataset(cache, np.array([3]), VIEW, augment, seed=1)
    assert torch.equal(part[(5, 0)].image, data[(5, 3)].image)


def test_workers_change_nothing(cache):
    def epochs(workers):
        data = CropDataset(cache, ALL, VIEW, Augment(contrast=0.3, erase=0.5), seed=4)
        batches = loader(data, 16, shuffle=True, workers=workers, seed=4)
        seen = []
        for epoch in (0, 1):  # the workers of the second epoch are those of the first
            batches.sampler.set_epoch(epoch)
            seen += list(batches)
        return seen

    before = torch.get_rng_state()
    here, there = epochs(0), epochs(2)
    assert torch.equal(torch.get_rng_state(), before)
    assert [len(batch) for batch in here] == [16, 16, 8] * 2
    for ours, theirs in zip(here, there, strict=True):
        for name in ("image", "target", "known", "landmarks", "eyes", "row"):
            assert torch.equal(getattr(ours, name), getattr(theirs, name))
    rows = [torch.cat([batch.row for batch in part]).tolist() for part in (here[:3], here[3:])]
    assert sorted(rows[0]) == sorted(rows[1]) == list(range(40))
    assert rows[0] != rows[1]


def test_a_data_set_travels_to_new_processes(cache):
    data = CropDataset(cache, ALL, VIEW, Augment(contrast=0.3), seed=4)
    other = pickle.loads(pickle.dumps(data))
    assert torch.equal(other[(2, 9)].image, data[(2, 9)].image)
    assert torch.equal(other[(2, 9)].landmarks, data[(2, 9)].landmarks)


def test_tests_are_read_in_order_and_incomplete_batches_can_be_left_out(cache):
    data = CropDataset(cache, ALL[:10], VIEW)
    batches = loader(data, 4, shuffle=False, workers=0)
    assert torch.cat([batch.row for batch in batches]).tolist() == list(range(10))
    assert len(loader(data, 4, shuffle=True, workers=0, drop_last=True)) == 2


def test_classes_can_be_drawn_as_often_as_each_other():
    classes = np.array([0] * 90 + [1] * 9 + [3])
    sampler = EpochSampler(100, shuffle=True, seed=1, chances=even_chances(classes))
    drawn = []
    for epoch in range(30):
        sampler.set_epoch(epoch)
        places = [place for _, place in sampler]
        assert len(places) == 100
        drawn += places
    share = np.bincount(classes[drawn]) / len(drawn)
    np.testing.assert_allclose(share, [1 / 3, 1 / 3, 0, 1 / 3], atol=0.03)
    sampler.set_epoch(0)
    assert [place for _, place in sampler] == drawn[:100]
    assert drawn[:100] != drawn[100:200]


@pytest.mark.parametrize("world", [1, 2, 3, 4])
@pytest.mark.parametrize("shuffle", [True, False])
def test_processes_share_an_epoch(world, shuffle):
    parts = []
    for rank in range(world):
        sampler = EpochSampler(10, shuffle=shuffle, seed=3, rank=(rank, world))
        sampler.set_epoch(2)
        parts.append(list(sampler))
        assert len(sampler) == len(parts[-1]) == -(-10 // world)
        assert {epoch for epoch, _ in parts[-1]} == {2}
    places = [place for part in parts for _, place in part]
    assert set(places) == set(range(10))
    assert len(places) - 10 < world  # hardly any comes twice
    if shuffle:
        one = EpochSampler(10, shuffle=True, seed=3, rank=(0, 1))
        one.set_epoch(2)
        order = [place for _, place in one]
        assert [part[0][1] for part in parts] == order[:world]
        assert order != sorted(order)


def test_a_process_group_is_asked_when_there_is_one(monkeypatch):
    sampler = EpochSampler(10, shuffle=False, seed=0)
    assert [place for _, place in sampler] == list(range(10))
    monkeypatch.setattr(torch.distributed, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.distributed, "get_rank", lambda: 1)
    monkeypatch.setattr(torch.distributed, "get_world_size", lambda: 2)
    assert [place for _, place in sampler] == [1, 3, 5, 7, 9]


def test_lightning_leaves_the_sampler_and_tells_it_the_epoch(cache):
    data = pytest.importorskip("lightning.fabric.utilities.data")
    batches = loader(CropDataset(cache, ALL, VIEW), 8, shuffle=True, workers=0)
    assert isinstance(batches.sampler, torch.utils.data.DistributedSampler)
    data._set_sampler_epoch(batches, 7)
    assert next(iter(batches.sampler))[0] == 7


def test_without_landmarks_there_are_none(tmp_path):
    index = replace(made_set(tmp_path / "set", 3), points=None)
    cache = prepare(index, tmp_path / "cache", "whole", 60)
    batch = CropDataset(cache, np.arange(3), VIEW).__getitems__([0, 1, 2])
    assert batch.landmarks is None
    assert batch.eyes is None
    moved = batch.to("cpu")
    assert torch.equal(moved.image, batch.image)

"""Groups of crops: what a batch holds, what varies in it, what is scored."""

import numpy as np
import pytest
import torch

from mien.data.crops import GROUP, Crops
from mien.data.expressions import COLUMNS, OUTPUTS, SWAP
from mien.data.sample import Batch
from mien.models.output import Output
from mien.models.pictureunits import PictureUnits, pictureunits
from mien.training import picturing
from mien.training.experiment import Turn
from mien.training.picturing import MEAN, STD, Anchors, GroupError, groups, vary

LEFT = COLUMNS.index("AU12_L")


@pytest.fixture
def shards():
    """Five groups in two files; each group's crops are bright on the image's left."""
    rng = np.random.default_rng(0)
    out = []
    for count, first in ((3, 0), (2, 3)):
        image = np.full((count, GROUP, 112, 112, 3), 90, np.uint8)
        image[..., :40, :] = 200
        intensity = rng.random((count, GROUP, OUTPUTS)).astype(np.float32)
        intensity[:, :2] = 0
        out.append(Crops(image, intensity, np.arange(first, first + count)))
    return out


@pytest.fixture
def anchors():
    level = np.zeros((5, OUTPUTS), np.float32)
    level[4, LEFT] = 0.5
    return Anchors(level, np.ones(OUTPUTS, np.float32))


def test_an_epoch_takes_every_group_before_one_comes_again(shards, anchors):
    passage = groups(shards, anchors, 5, 1, seed=3)(Turn(0))
    (batch,) = passage
    assert len(passage) == 1
    assert batch.image.shape == (5 * GROUP, 3, 112, 112)
    assert batch.known.all()
    wanted = np.concatenate([one.intensity for one in shards])
    wanted[4, :, LEFT] += 0.5
    found = batch.target.reshape(5, GROUP, OUTPUTS).numpy()
    mirrored = bright_left(batch.image).reshape(5, GROUP)[:, 0] < 0
    assert 0 < mirrored.sum() < 5
    found[mirrored] = found[mirrored][..., SWAP]
    order = [int(np.abs(wanted - one).sum(axis=(1, 2)).argmin()) for one in found]
    assert sorted(order) == [0, 1, 2, 3, 4]
    np.testing.assert_allclose(found, wanted[order], atol=1e-6)


def bright_left(image):
    """How much brighter the left of each crop is."""
    return (image[..., :30].mean(dim=(1, 2, 3)) - image[..., 70:].mean(dim=(1, 2, 3))).numpy()


def test_a_group_is_mirrored_whole(shards, anchors):
    (batch,) = groups(shards, anchors, 5, 1, seed=3)(Turn(0))
    sides = np.sign(bright_left(batch.image)).reshape(5, GROUP)
    assert (sides == sides[:, :1]).all()


def test_the_same_turn_gives_the_same_and_another_does_not(shards, anchors):
    batches = groups(shards, anchors, 2, 2, seed=3)
    first, again, other = ([*batches(Turn(epoch))] for epoch in (1, 1, 2))
    assert torch.equal(first[1].image, again[1].image)
    assert not torch.equal(first[1].image, other[1].image)


def test_crops_vary_around_what_they_are():
    images = torch.full((200, GROUP, 16, 16, 3), 120, dtype=torch.uint8)
    found = vary(images, torch.Generator().manual_seed(0)) * STD + MEAN
    assert found.shape == (1200, 3, 16, 16)
    assert found.mean().item() == pytest.approx(120 / 255, abs=0.05)
    levels = found.mean(dim=(1, 2, 3)).reshape(200, GROUP)
    assert levels.mean(dim=1).std() > 0.05
    assert levels.std(dim=1).mean() < 0.7 * levels.mean(dim=1).std()


def test_a_group_is_bent_as_one_and_groups_are_not():
    """A bright spot goes to about the same place in all crops of a group."""
    images = torch.full((30, GROUP, 64, 64, 3), 20, dtype=torch.uint8)
    images[:, :, 40:44, 40:44] = 250
    found = vary(images, torch.Generator().manual_seed(0)).mean(dim=1)
    spot = found[:, 24:60, 24:60].flatten(1).argmax(dim=1)
    where = torch.stack([spot // 36, spot % 36], dim=1).float().reshape(30, GROUP, 2)
    own, shared = where.std(dim=1).median(), where.median(dim=1).values.std(dim=0).mean()
    assert 0 < own < 0.75 * shared
    assert 0.7 < shared < 4


def test_the_wave_is_the_same_for_all_crops_of_a_group_and_of_no_other(monkeypatch):
    """Else the planted differences within a group would not be those of the pictures."""
    monkeypatch.setattr(picturing, "BENT", torch.zeros(2, 3))
    monkeypatch.setattr(picturing, "PLACED", torch.zeros(2, 3))
    one = torch.linspace(0, 1, 48).expand(3 * GROUP, 3, 48, 48)
    found = picturing._reshape(one, 3, torch.Generator().manual_seed(0)).unflatten(0, (3, GROUP))
    for members in found:
        torch.testing.assert_close(members, members[:1].expand_as(members), rtol=0, atol=1e-6)
    assert (found[0] - found[1]).abs().mean() > 1e-3
    assert (found - one[0]).abs().mean() > 1e-3


def test_another_portrait_shines_through_all_crops_of_a_group_alike():
    rng = torch.Generator().manual_seed(0)
    crops = torch.rand(40 * GROUP, 3, 8, 8, generator=rng)
    added = (picturing._shine(crops, 40, rng) - crops).unflatten(0, (40, GROUP))
    torch.testing.assert_close(added, added[:, :1].expand_as(added), rtol=0, atol=1e-6)
    amount = added[:, 0].flatten(1)
    shone = amount.std(dim=1) > 1e-4
    assert 10 < shone.sum() < 30
    other = crops.unflatten(0, (40, GROUP))[:, 0].roll(1, dims=0).flatten(1)
    alike = [float(torch.corrcoef(torch.stack(pair))[0, 1])
             for pair in zip(amount[shone], other[shone], strict=True)]  # fmt: skip
    assert alike == pytest.approx([1] * int(shone.sum()), abs=1e-4)
    assert (amount.std(dim=1) / other.std(dim=1)).max() <= picturing.SHINE


def test_only_differences_and_anchors_are_scored():
    """An error that all members of a group share costs nothing but the anchor."""
    network = Fixed()
    target = torch.zeros(2 * GROUP, OUTPUTS)
    network.answer = target + 0.3
    pull = np.zeros(OUTPUTS, np.float32)
    pull[0] = 2
    batch = Batch(torch.zeros(2 * GROUP, 3, 112, 112), target, target == 0)
    losses = GroupError(pull)(network, batch)
    assert losses["within"].item() == pytest.approx(0, abs=1e-8)
    assert losses["anchor"].item() == pytest.approx(2 * 0.09 / OUTPUTS, rel=1e-5)
    assert losses["difference"].item() == pytest.approx(0, abs=1e-8)
    network.answer = target.clone()
    network.answer[0] = 0.6
    shared = 0.6**2 * (1 - 1 / GROUP) * GROUP / (GROUP - 1) / (2 * GROUP)
    assert GroupError(pull)(network, batch)["within"].item() == pytest.approx(shared, rel=1e-5)


def test_how_the_sides_differ_is_scored_once_more():
    """Too high on the left by 0.4 and on the right too low: the mean of both is right."""
    network, (left, right) = Fixed(), (LEFT, SWAP[LEFT])
    target = torch.zeros(2 * GROUP, OUTPUTS)
    batch = Batch(torch.zeros(2 * GROUP, 3, 112, 112), target, target == 0)
    network.answer = target.clone()
    network.answer[2, left], network.answer[2, right] = 0.4, -0.4
    losses = GroupError(np.ones(OUTPUTS, np.float32))(network, batch)
    wanted = losses["within"] + losses["difference"]
    torch.testing.assert_close(losses["aside"], wanted)
    assert losses["difference"].item() == pytest.approx(2 * 0.16 / OUTPUTS / (2 * GROUP), rel=1e-5)
    network.answer[2, right] = 0.4  # both sides too high, and a central unit
    network.answer[2, -1] = 0.4
    even = GroupError(np.ones(OUTPUTS, np.float32))(network, batch)
    assert even["aside"].item() == pytest.approx(0, abs=1e-10)
    assert even["within"] > losses["within"]


def test_differences_are_to_an_unplanted_crop_of_the_group():
    """A network that reads differences exactly costs nothing, whichever crop is the neutral."""
    network = Fixed()
    rng = np.random.default_rng(1)
    target = torch.from_numpy(rng.random((3 * GROUP, OUTPUTS)).astype(np.float32))
    network.answer = target
    batch = Batch(torch.zeros(3 * GROUP, 3, 112, 112), target, target > -1)
    for _ in range(4):
        losses = GroupError(np.ones(OUTPUTS, np.float32))(network, batch)
        assert losses["difference"].item() == pytest.approx(0, abs=1e-10)
    grouped = target.reshape(3, GROUP, -1)
    assert (network.against.reshape(3, GROUP, -1)[:, 0] == grouped[:, 1]).all()
    assert (network.against.reshape(3, GROUP, -1)[:, 1] == grouped[:, 0]).all()


class Fixed(PictureUnits):
    """Answers what it is told; its features are the answers."""

    def __init__(self):
        super().__init__(OUTPUTS, 4, 4, 0.0)

    def forward(self, _):
        return Output(self.answer, features=self.answer)

    def differ(self, frame, neutral):
        self.against = neutral
        return frame - neutral


def test_both_readings_are_learned():
    torch.manual_seed(0)
    network = pictureunits(OUTPUTS, width=4, features=8)
    target = torch.zeros(GROUP, OUTPUTS)
    batch = Batch(torch.randn(GROUP, 3, 112, 112), target, target == 0)
    sum(GroupError(np.ones(OUTPUTS, np.float32))(network, batch).values()).backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


def test_the_size_of_the_network():
    assert sum(one.numel() for one in pictureunits(OUTPUTS).parameters()) == 1_248_246

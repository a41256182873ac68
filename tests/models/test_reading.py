import pytest
import torch
from torch import nn

from mien.errors import InputError, ShapeError
from mien.models.output import Output
from mien.models.reading import OUTPUTS, Reading
from mien.values import Scores


class Columns(nn.Module):
    """Gives the first three numbers of the first row of each picture as logits."""

    def forward(self, image):
        return Output(image[:, 0, 0, :3])


IMAGE = torch.zeros(2, 3, 1, 4)
IMAGE[0, 0, 0] = torch.tensor([-1.0, 0.0, 2.0, 7.0])


def read(task, mirror=False):
    reading = Reading(Columns(), task, mirror)
    (values,) = reading(IMAGE)
    return reading, values


def test_occurrence_is_a_probability():
    reading, values = read("occurrence")
    assert reading.outputs == ("probability",)
    torch.testing.assert_close(values[0], torch.tensor([0.26894142, 0.5, 0.88079708]))


def test_intensity_is_held_within_0_and_5():
    image = IMAGE.clone()
    image[0, 0, 0, 1:3] = torch.tensor([3.5, 6.0])
    (values,) = Reading(Columns(), "intensity")(image)
    assert values[0].tolist() == [0.0, 3.5, 5.0]


def test_expression_sums_to_1():
    reading, values = read("expression")
    assert reading.outputs == ("expression",)
    wanted = torch.tensor([-1.0, 0.0, 2.0]).exp()
    torch.testing.assert_close(values[0], wanted / wanted.sum())
    torch.testing.assert_close(values[1], torch.full((3,), 1 / 3))


def test_the_mirror_averages_what_is_read_of_both():
    _, values = read("intensity", mirror=True)
    # the row from the other side begins 7, 2, 0: held within 0-5 it is 5, 2, 0
    assert values[0].tolist() == [2.5, 1.0, 1.0]


def test_the_names_are_those_of_the_scores():
    assert set(OUTPUTS.values()) <= set(Scores.__dataclass_fields__)


def test_another_task_is_refused():
    with pytest.raises(InputError, match=r"no task 'landmarks'; there are occurrence"):
        Reading(Columns(), "landmarks")


class Several(nn.Module):
    """Three tasks in one pass."""

    beside = ("occurrence", "expression")

    def forward(self, image):
        row = image[:, 0, 0]
        return Output(row[:, :3], occurrence=row[:, 1:3], expression=row[:, 2:])


def test_tasks_beside_the_first_come_after_it():
    reading = Reading(Several(), "intensity")
    assert reading.outputs == ("intensity", "probability", "expression")
    intensity, probability, expression = reading(IMAGE)
    assert intensity[0].tolist() == [0.0, 0.0, 2.0]
    torch.testing.assert_close(probability[0], torch.tensor([0.5, 0.88079708]))
    torch.testing.assert_close(expression[0], torch.tensor([2.0, 7.0]).softmax(0))
    turned = Reading(Several(), "intensity", mirror=True)(IMAGE)
    # the row from the other side begins 7, 2, 0
    torch.testing.assert_close(
        turned[1][0, 0], (torch.tensor(0.5) + torch.tensor(2.0).sigmoid()) / 2
    )
    with pytest.raises(InputError, match="reads intensity first and occurrence, expression beside"):
        Reading(Several(), "occurrence")


class Pointed(nn.Module):
    """Says where the first landmark is, in x; gives a map of what it saw."""

    needs_landmarks = True
    extras = ("maps",)

    def forward(self, image, points):
        return Output(points[:, :1, 0], maps=image[:, :1])


def test_what_the_network_has_more_comes_after_the_task():
    reading = Reading(Pointed(), "intensity")
    assert (reading.outputs, reading.points) == (("intensity", "maps"), "49")
    points = torch.full((2, 49, 2), 3.0)
    values, maps = reading(IMAGE, points)
    assert values.flatten().tolist() == [3.0, 3.0]
    assert torch.equal(maps, IMAGE[:, :1])
    assert Reading(Columns(), "intensity").points == ""


def test_landmarks_are_mirrored_with_the_picture():
    points = torch.rand(2, 49, 2) * 3  # in the mirror none is below 0
    values, _ = Reading(Pointed(), "intensity", mirror=True)(IMAGE, points)
    # in the mirrored picture the first point, the end of a brow, is what was the other brow's, 9
    wanted = (points[:, 0, 0] + (3 - points[:, 9, 0])) / 2
    torch.testing.assert_close(values[:, 0], wanted.clamp(0, 5))


def test_landmarks_come_where_they_are_needed_and_only_there():
    with pytest.raises(ShapeError, match="Pointed reads pictures and their landmarks, and came wi"):
        Reading(Pointed(), "intensity")(IMAGE)
    with pytest.raises(ShapeError, match="Columns reads pictures only, and came with landmarks"):
        Reading(Columns(), "intensity")(IMAGE, torch.zeros(2, 49, 2))

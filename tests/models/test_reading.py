import pytest
import torch
from torch import nn

from mien.errors import InputError
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

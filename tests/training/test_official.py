"""Cards of authors' checkpoints."""

import pytest
import torch

from mien.errors import InputError, WeightsError
from mien.models.jaanet import jaanet
from mien.models.mae import mae, teacher
from mien.models.megraphau import megraphau, opengraphau
from mien.models.reading import Reading
from mien.models.student import combined, student
from mien.training.official import export_official, official_card

DISFA = 1, 2, 4, 6, 9, 12, 25, 26


def read_of(make, *arguments, **options):
    with torch.device("meta"):
        return Reading(make(*arguments, **options), "occurrence")


def test_cards_name_units_and_what_is_read():
    card = official_card("jaanet", read_of(jaanet, 8, units=DISFA))
    assert (card.units, card.size, card.aligned, card.template) == (DISFA, 176, 200, "jaanet")
    assert card.outputs == ("probability", "maps", "landmarks")
    assert card.mean == card.std == (0.5, 0.5, 0.5)
    assert "DISFA" in card.trained_on
    card = official_card("megraphau", read_of(megraphau, 8, backbone="resnet18"))
    assert (card.units, card.size, card.aligned) == (DISFA, 224, 256)
    card = official_card("opengraphau", read_of(opengraphau, backbone="resnet18"))
    assert card.columns()[26:31] == ("AU39", "AU1_L", "AU1_R", "AU2_L", "AU2_R")
    assert len(card.units) == 41


def test_units_that_nobody_can_know_are_refused():
    with pytest.raises(WeightsError, match="has 5 units, expected the 12 of BP4D or the 8"):
        official_card("megraphau", read_of(megraphau, 5, backbone="resnet18"))


def test_cards_of_students_name_what_each_head_says():
    disfa = (1, 2, 4, 5, 6, 9, 12, 15, 17, 20, 25, 26)
    bp4d = (1, 2, 4, 6, 7, 10, 12, 14, 15, 17, 23, 24)
    reading = Reading(combined(12, classes=()), "intensity")
    card = official_card("student-combined", reading)
    assert (card.units, card.detected, card.classes) == (disfa, bp4d, ())
    assert card.outputs == ("intensity", "probability")
    assert (card.template, card.aligned, card.size) == ("ffhq", 256, 224)
    whole = official_card("student-combined", Reading(combined(12), "intensity"))
    assert whole.outputs == ("intensity", "probability", "expression")
    assert whole.classes[:2] == ("neutral", "happiness")
    single = read_of(student, 12, form="logits")
    assert official_card("student-occurrence", single).units == bp4d
    classes = official_card("student-expression", Reading(student(8), "expression"))
    assert (classes.units, len(classes.classes), classes.aligned) == ((), 8, 0)
    with pytest.raises(
        WeightsError, match="has 9 outputs, expected the presence of the 12 units o"
    ):
        official_card("student-occurrence", read_of(student, 9))


SMALL = {"size": 32, "patch": 8, "width": 64, "depth": 1, "heads": 1}


def test_a_teacher_gives_intensities():
    card = official_card("mae-teacher", read_of(teacher, 12, **SMALL))
    assert card.task == "intensity"
    assert card.units == (1, 2, 4, 5, 6, 9, 12, 15, 17, 20, 25, 26)
    assert (card.template, card.aligned, card.size) == ("ffhq", 256, 224)
    with pytest.raises(WeightsError, match="has 7 outputs, expected the intensities of the 12"):
        official_card("mae-teacher", read_of(teacher, 7, **SMALL))


def test_an_auto_encoder_is_no_file(tmp_path):
    torch.save({"model": mae(**{**SMALL, "size": 224}).state_dict()}, tmp_path / "one.pth")
    with pytest.raises(InputError, match=r"mae says nothing of a face .* model\.start=FILE"):
        export_official("mae", [tmp_path / "one.pth"], tmp_path / "one.onnx")

"""Students: forms of their numbers, heads in one pass, and what they start from."""

import pytest
import torch

from mien.errors import InputError, WeightsError
from mien.models import build
from mien.models.importing import from_official
from mien.models.officialstudent import PUBLISHED
from mien.models.starting import load, start
from mien.models.student import DETECTED, EXPRESSIONS

IMAGE = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(5))


@pytest.fixture(scope="module")
def student():
    torch.manual_seed(0)
    return build("student", 3).eval()


def published(network, **others):
    """The state of a network as the authors would have saved it."""
    state = {}
    for key, value in network.state_dict().items():
        own = next(one for one in PUBLISHED if key.startswith(one))
        state[PUBLISHED[own] + key.removeprefix(own)] = value
    return state | others


@torch.no_grad()
def test_the_form_says_what_the_numbers_are(student):
    said = {}
    for form in ("intensity", "unbounded", "logits", "squeezed"):
        network = build("student", 3, form=form).eval()
        network.load_state_dict(student.state_dict())
        said[form] = network(IMAGE).logits
    plain = student.head(student.squeeze(student.features(IMAGE)))
    torch.testing.assert_close(said["logits"], plain)
    torch.testing.assert_close(said["unbounded"], 5 * plain)
    torch.testing.assert_close(said["intensity"], 5 * plain.sigmoid())
    torch.testing.assert_close(said["squeezed"], plain.sigmoid())


@torch.no_grad()
def test_three_heads_read_the_same_features_in_one_pass():
    network = build(
        "student-combined", units=(1, 12), detected=(4, 6, 7), classes=("a", "b")
    ).eval()
    passes = []
    network.features.register_forward_hook(lambda *_: passes.append(1))
    found = network(IMAGE)
    assert len(passes) == 1
    assert found.logits.shape == (2, 2)
    assert found.occurrence.shape == (2, 3)
    assert found.expression.shape == (2, 2)
    torch.testing.assert_close(found.occurrence, network.occurrence(found.features))
    torch.testing.assert_close(found.expression, network.expression(found.features))
    assert network.beside == ("occurrence", "expression")


def test_a_combined_student_has_the_published_units_and_classes():
    network = build("student-combined", 12)
    assert (network.detected, network.classes) == (DETECTED, EXPRESSIONS)
    alone = build("student-combined", 12, classes=())
    assert (alone.beside, alone.expression) == (("occurrence",), None)


def test_options_that_there_are_not():
    with pytest.raises(InputError, match=r"no backbone 'vgg16'; choose resnet18 or repvgg-a0"):
        build("student", 3, backbone="vgg16")
    with pytest.raises(InputError, match=r"no form 'sigmoid'; choose intensity or"):
        build("student", 3, form="sigmoid")
    with pytest.raises(InputError, match=r"gives intensity, and its form is 'logits'"):
        build("student-combined", 3, form="logits")


def test_imagenet_weights_go_into_the_features(student):
    other = build("student", 2)
    weights = dict(student.features.state_dict()) | {"fc.weight": torch.zeros(1), "fc.bias": IMAGE}
    said = []
    load(other, weights, "resnet18.pth", said.append)
    same(other, student, "features.")
    assert "fc.bias, fc.weight left out" in said[0]
    with pytest.raises(InputError, match="torchvision has no ImageNet weights of repvgg-a0"):
        start(build("student-repvgg-a0", 2), "imagenet")


def same(one, other, *parts):
    """Assert that tensors of some parts are the same."""
    mine, theirs = one.state_dict(), other.state_dict()
    some = [key for key in mine if key.startswith(parts)]
    assert some
    assert all(torch.equal(mine[key], theirs[key]) for key in some)


@pytest.mark.parametrize("lost", ["head.", "head.4."])
def test_what_lacks_the_end_of_the_head_is_no_student(student, lost):
    part = {key: one for key, one in student.state_dict().items() if not key.startswith(lost)}
    assert build("student", 2).goes_on(part) is None


def test_a_head_of_other_outputs_loses_its_last_layer_only(student):
    torch.manual_seed(1)
    other = build("student", 5)
    said = []
    load(other, student.state_dict(), "pre.ckpt", said.append)
    same(other, student, "features.", "head.0.", "head.2.")
    assert "the rest stays as it is: head.4.weight, head.4.bias" in said[0]


def test_a_combined_student_goes_on_from_a_single_one_and_back(student):
    torch.manual_seed(1)
    whole = build("student-combined", 3)
    load(whole, student.state_dict(), "student.ckpt")
    same(whole, student, "features.", "head.")
    torch.manual_seed(2)
    back = build("student", 3)
    load(back, whole.state_dict(), "combined.ckpt")
    same(back, student, "features.", "head.")


def test_the_same_network_is_loaded_strictly(student):
    state = dict(student.state_dict())
    assert student.goes_on(state) is None
    for key in ("features.conv1.weight", "head.0.bias"):
        fewer = {name: value for name, value in state.items() if name != key}
        with pytest.raises(WeightsError, match=f"missing: {key}"):
            load(build("student", 3), fewer, "broken.ckpt")


def test_a_published_checkpoint_can_be_started_from(student, tmp_path):
    path = tmp_path / "theirs.pt"
    torch.save({"model": published(student)}, path)
    same_units, others = build("student", 3), build("student", 4)
    start(same_units, str(path))
    same(same_units, student, "features.", "head.")
    start(others, str(path))
    same(others, student, "features.", "head.0.")
    with pytest.raises(WeightsError, match=r"does not fit repvgg-a0.* stem\."):
        start(build("student-repvgg-a0", 3), str(path))


def test_the_kind_is_read_from_the_names_of_the_tensors(student):
    for name, backbone in (("student", "resnet18"), ("student-repvgg-a0", "repvgg-a0")):
        network = build(name, 3)
        found = from_official("student-intensity", published(network))
        assert found.backbone == backbone
        same(found, network, "features.", "squeeze." if backbone != "resnet18" else "head.")
    found = from_official("student-occurrence", published(student))
    assert (found.scale, found.bounded) == (1, False)


def test_what_is_no_such_student_is_said(student):
    state, one = published(student), torch.zeros(1)
    two = published(build("student-combined", 3, classes=()))
    cases = [
        ("student-expression", state, "has 3 outputs, expected the 8 expressions of AffectNet"),
        ("student-intensity", two, "has two heads; name it student-combined"),
        ("student-combined", state, "has one head only; name it student-intensity"),
        ("student-combined", two | {"classifier_2.4.weight": one}, "presence of 1 units, expect"),
        ("student-intensity", {"interpreter.0.weight": one}, "of a teacher: name it mae-teacher"),
        ("student-combined", {"layers.0.weight": one}, "of the network of gaze: name it gaze"),
        ("student-occurrence", {"conv1.weight": one}, r"it has no encoder\.0\.weight or"),
        ("student-intensity", {"encoder.0.weight": one}, r"it has no classifier\.4\.weight"),
        ("student-intensity", state | {"encoder.9.weight": one}, r"unknown .*: encoder\.9\.weight"),
        ("student-intensity", {k: v for k, v in state.items() if "1.bias" not in k}, "lacks tenso"),
    ]
    for name, given, message in cases:
        with pytest.raises(WeightsError, match=message):
            from_official(name, given)

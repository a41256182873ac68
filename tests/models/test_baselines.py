import pytest
import torch
import torchvision
from torch import nn

from mien.errors import InputError
from mien.models import build
from mien.models.heads import GroupedLinear


def count(module):
    return sum(one.numel() for one in module.parameters())


@pytest.mark.parametrize(
    ("name", "head", "outputs", "heads"),
    [
        ("alexnet", "table", 10, 23_598_090),
        ("alexnet", "small", 10, 23_598_090),
        ("vgg16", "table", 10, 267_417_610),
        ("vgg16-bn", "table", 10, 267_417_610),
        ("vgg19", "table", 10, 267_417_610),
        ("resnet18", "table", 10, 10_506_250),
        ("resnet18", "small", 10, 1_315_850),
        ("resnet50", "table", 10, 26_234_890),
        ("resnet101", "table", 10, 26_234_890),
        ("inception", "table", 10, 26_234_890),
        ("alexnet", "wide", 17, 162_682_129),
        ("vgg16", "wide", 17, 219_514_897),
        ("vgg19", "plain", 7, 7 * 25089),
    ],
)
def test_heads_have_as_many_numbers_as_published(name, head, outputs, heads):
    with torch.device("meta"):
        network = build(name, outputs, head=head)
    assert count(network.heads) == heads


@pytest.mark.parametrize(
    ("name", "whole", "classifier"),
    [
        ("alexnet", 61_100_840, 58_631_144),
        ("vgg16", 138_357_544, 123_642_856),
        ("vgg16-bn", 138_365_992, 123_642_856),
        ("vgg19", 143_667_240, 123_642_856),
        ("resnet18", 11_689_512, 513_000),
        ("resnet50", 25_557_032, 2_049_000),
        ("resnet101", 44_549_160, 2_049_000),
    ],
)
def test_features_are_the_published_network_without_its_classifier(name, whole, classifier):
    with torch.device("meta"):
        network = build(name, 10)
    assert count(network.features) == whole - classifier
    assert len(list(network.features.parameters())) > 5


def test_inception_has_no_second_classifier():
    with torch.device("meta"):
        network = build("inception", 10)
        aux = torchvision.models.inception_v3(init_weights=False).AuxLogits
    assert count(network.features) == 27_161_264 - 2_049_000 - count(aux)


def test_features_are_those_of_torchvision():
    network = build("resnet18", 2, head="plain").eval()
    reference = torchvision.models.resnet18(weights=None)
    reference.fc = nn.Identity()
    reference.load_state_dict(network.features.state_dict())
    image = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        output = network(image)
        torch.testing.assert_close(output.features, reference.eval()(image))
        wanted = output.features @ network.heads[0].weight[:, 0].T + network.heads[0].bias[:, 0]
    torch.testing.assert_close(output.logits, wanted)


@pytest.mark.parametrize("name", ["vgg16", "resnet18"])
def test_features_are_drawn_as_torchvision_draws_them(name):
    torch.manual_seed(0)
    network = build(name, 1, head="plain")
    first = next(one for one in network.features.modules() if isinstance(one, nn.Conv2d))
    side = first.kernel_size[0]
    # kaiming normal by the outputs
    assert first.weight.std().item() == pytest.approx((2 / (side**2 * 64)) ** 0.5, rel=0.1)
    assert all(torch.isfinite(one).all() for one in network.state_dict().values())
    for norm in network.features.modules():
        if isinstance(norm, nn.BatchNorm2d):
            assert (norm.weight == 1).all()
            assert (norm.running_var == 1).all()
            assert norm.num_batches_tracked == 0


def test_heads_of_vgg_are_drawn_as_in_the_source():
    torch.manual_seed(0)
    heads = build("vgg16", 1, head="small").heads
    layers = [one for one in heads if isinstance(one, GroupedLinear)]
    assert layers[0].weight.std().item() == pytest.approx(0.01, rel=0.02)
    assert all((one.bias == 0).all() for one in layers)


def statistics(network):
    return {key: value.clone() for key, value in network.features.named_buffers()}


@pytest.mark.parametrize(("features", "moved"), [("drift", True), ("fixed", False)])
def test_statistics_drift_or_stay_fixed_in_training(features, moved):
    network = build("resnet18", 2, head="small", features=features).train()
    before = statistics(network)
    network(torch.randn(4, 3, 64, 64))
    changed = any(not torch.equal(before[key], one) for key, one in statistics(network).items())
    assert changed == moved
    assert network.heads.training
    assert not network.eval().heads.training


def test_gray_networks_see_no_colour():
    image = torch.rand(2, 3, 64, 64)
    luma = (0.299 * image[:, 0] + 0.587 * image[:, 1] + 0.114 * image[:, 2])[:, None]
    torch.manual_seed(0)
    network = build("resnet18", 2, head="plain", gray=True).eval()
    with torch.no_grad():
        # normalised to mean and deviation 0.5, as the recipe does
        found = network((image - 0.5) / 0.5).logits
        wanted = network((luma.expand(-1, 3, -1, -1) - 0.5) / 0.5).logits
        network.gray = False
        coloured = network((image - 0.5) / 0.5).logits
    torch.testing.assert_close(found, wanted)
    assert not torch.allclose(found, coloured, atol=1e-4)


def test_inception_normalises_again_only_when_asked():
    torch.manual_seed(0)
    network = build("inception", 2, head="plain").eval()
    image = torch.randn(1, 3, 75, 75)
    scale = torch.tensor([0.229, 0.224, 0.225]).reshape(1, 3, 1, 1) / 0.5
    shift = (torch.tensor([0.485, 0.456, 0.406]).reshape(1, 3, 1, 1) - 0.5) / 0.5
    with torch.no_grad():
        plain, twice = network(image).features, network(image * scale + shift).features
        network.features.transform_input = True
        again = network(image).features
    assert build("inception", 1, head="plain", renormalise=True).features.transform_input
    torch.testing.assert_close(again, twice)
    assert not torch.allclose(plain, twice)


def test_inception_drops_features_before_all_heads_alike():
    network = build("inception", 3, head="table")
    assert network.drop.p == 0.5
    assert build("resnet18", 3, head="small").drop.p == 0
    assert not any(isinstance(one, nn.Dropout) for one in network.features.modules())


@pytest.mark.parametrize(
    ("name", "options", "told"),
    [
        ("resnet18", {"head": "wide"}, "resnet18 has no head 'wide'; it has small, table, plain"),
        ("resnet18", {"features": "frozen"}, "features of resnet18 cannot be 'frozen'"),
        ("resnet18", {"heads": 3}, "resnet18 has no option heads; it has head, features"),
        ("resnet18", {"renormalise": True}, "resnet18 has no option renormalise"),
        ("resnet9", {}, "there is no network 'resnet9'; there are alexnet"),
    ],
)
def test_what_a_network_has_not_is_said(name, options, told):
    with pytest.raises(InputError, match=told):
        build(name, 2, **options)

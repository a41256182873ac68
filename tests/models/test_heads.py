import pytest
import torch
from torch import nn

from mien.models.heads import GroupedLinear, GroupedNorm, Heads

SMALL = ("dropout", 6, "relu")
TABLE = (6, "relu", "dropout", 5, "relu", "dropout")
WIDE = (6, "relu", "norm", 5, "relu", "norm")
OLDER = (6, "dropout", "relu", 5, "dropout", "relu")


def separate(heads, number):
    """One unit's head as ordinary modules, with the same weights."""
    layers = []
    for layer in heads:
        if isinstance(layer, GroupedLinear):
            groups, outputs, inputs = layer.weight.shape
            alone = nn.Linear(inputs, outputs)
            alone.weight.data, alone.bias.data = layer.weight[number].data, layer.bias[number].data
        elif isinstance(layer, GroupedNorm):
            width = layer.num_features // groups
            alone = nn.BatchNorm1d(width)
            part = slice(number * width, (number + 1) * width)
            for name in ("weight", "bias", "running_mean", "running_var"):
                getattr(alone, name).data = getattr(layer, name).data[part].clone()
        else:
            alone = type(layer)()
            if isinstance(alone, nn.Dropout):
                alone.p = layer.p
        layers.append(alone)
    return nn.Sequential(*layers)


@pytest.mark.parametrize("parts", [SMALL, TABLE, WIDE, OLDER, ()])
@pytest.mark.parametrize("training", [True, False])
def test_all_heads_at_once_are_separate_heads(parts, training):
    torch.manual_seed(1)
    heads = Heads(3, 7, parts, dropout=0.0)
    for layer in heads:
        if isinstance(layer, GroupedNorm):  # statistics that tell the units apart
            nn.init.normal_(layer.weight)
            nn.init.normal_(layer.running_mean)
            nn.init.uniform_(layer.running_var, 0.5, 2)
    alone = [separate(heads, number).train(training) for number in range(3)]
    features = torch.randn(4, 7, requires_grad=True)
    again = features.detach().clone().requires_grad_()
    found = heads.train(training)(features)
    wanted = torch.cat([one(again) for one in alone], dim=1)
    torch.testing.assert_close(found, wanted)
    grade = torch.randn(4, 3)
    (found * grade).sum().backward()
    (wanted * grade).sum().backward()
    torch.testing.assert_close(features.grad, again.grad)
    torch.testing.assert_close(
        heads[-1].weight.grad[2], alone[2][-1].weight.grad, msg="gradient of the third head"
    )
    if parts is WIDE:
        torch.testing.assert_close(heads[2].running_mean[6:12], alone[1][2].running_mean)


def test_every_unit_drops_other_features():
    heads = Heads(2, 400, ("dropout", 1, "relu"), dropout=0.5).train()
    for layer in heads:
        if isinstance(layer, GroupedLinear):
            nn.init.ones_(layer.weight)
            nn.init.zeros_(layer.bias)
    first, second = heads(torch.ones(1, 400))[0].tolist()
    # 400 ones, half of them dropped and the others doubled: 400 with a deviation of 20
    assert first != second
    assert 280 < first < 520


def test_nothing_is_dropped_in_evaluation():
    heads = Heads(2, 5, SMALL, dropout=0.9).eval()
    features = torch.randn(3, 5)
    assert torch.equal(heads(features), heads(features))


def test_weights_are_drawn_as_torch_draws_them():
    torch.manual_seed(0)
    layer = GroupedLinear(4, 100, 50)
    torch.manual_seed(0)
    reference = nn.Linear(100, 50)
    assert layer.weight.abs().max() <= 0.1
    assert layer.bias.abs().max() <= 0.1
    assert abs(layer.weight.std() - reference.weight.std()) < 0.002

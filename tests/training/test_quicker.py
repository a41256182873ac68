"""Settings that make training quicker: memory format and compiler; runs and files stay the same."""

import json
from dataclasses import replace

import pytest
import torch
from torch import nn

from mien.data.sample import Batch
from mien.errors import InputError
from mien.training import checkpoints, learner
from mien.training.experiment import Turn
from mien.training.fit import fit
from mien.training.recipe import Optim, Schedule
from mien.training.runfolder import BEST, LAST
from tests.training.tinyruns import experiment


class Small(nn.Module):
    """A convolution that notes how its pictures lie in memory."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(1)
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.last = nn.Linear(4, 2)
        self.seen = []

    def forward(self, x):
        self.seen.append((x.stride(1) == 1, self.conv.weight.stride(1) == 1))
        return self.last(self.conv(x).relu().mean((2, 3)))


def pictures(turn, count=3):
    random = torch.Generator().manual_seed(100 + turn.epoch)
    made = []
    for _ in range(count):
        image = torch.randn(4, 3, 6, 6, generator=random)
        made.append(Batch(image, image[:, :2].mean((2, 3)), torch.ones(4, 2, dtype=torch.bool)))
    return made


def seeing(**trainer):
    """A run on pictures."""
    run = experiment(
        of=Small(), optim=Optim("sgd", rate=0.05), schedule=Schedule(), epochs=2, **trainer
    )
    return replace(run, train=pictures, validate=lambda _: pictures(Turn(900), 1))


class Compiled(nn.Module):
    """Stands for what torch.compile gives: the network under another name."""

    calls = 0

    def __init__(self, network):
        super().__init__()
        self._orig_mod = network

    def forward(self, x):
        Compiled.calls += 1
        return self._orig_mod(x)


def figures(fitted):
    return [{k: v for k, v in line.items() if k != "seconds"} for line in fitted.lines]


def test_channels_last_reaches_pictures_and_weights_and_changes_no_more_than_digits(tmp_path):
    plain, wide = seeing(), seeing(channels_last=True)
    first, second = fit(plain, tmp_path / "a"), fit(wide, tmp_path / "b")
    assert set(plain.network.seen) == {(False, False)}
    assert set(wide.network.seen) == {(True, True)}
    for one, other in zip(figures(first), figures(second), strict=True):
        assert one == pytest.approx(other, rel=1e-4, abs=1e-6)
    assert second.network.conv.weight.is_contiguous()
    state = checkpoints.read(tmp_path / "b" / BEST)["network"]
    assert list(state) == list(first.network.state_dict())


def test_rows_of_numbers_have_no_channels(tmp_path):
    assert figures(fit(experiment(channels_last=True), tmp_path / "a")) == figures(
        fit(experiment(), tmp_path / "b")
    )


def test_a_compiled_run_keeps_the_plain_names_and_goes_on_without(tmp_path, monkeypatch):
    monkeypatch.setattr(learner.torch, "compile", Compiled)
    Compiled.calls = 0
    whole = fit(seeing(), tmp_path / "plain")
    assert Compiled.calls == 0

    class Stop(Exception):
        pass

    def stop(line):
        raise Stop

    def told(**trainer):
        recipe = {"trainer": {"epochs": 2, **trainer}}
        return replace(seeing(**trainer), identity={"recipe": recipe})

    with pytest.raises(Stop):
        fit(told(compile=True), tmp_path / "run", tell=stop)
    assert Compiled.calls == 4  # three batches to learn from, one held out
    for name in (BEST, LAST):
        found = checkpoints.read(tmp_path / "run" / name)
        assert not any("_orig_mod" in key for key in json.dumps([*_keys(found)]).split())
    gone_on = fit(told(compile=False), tmp_path / "run")  # or the setting is not there, as before
    assert Compiled.calls == 4
    assert figures(gone_on) == figures(whole)


def _keys(content):
    for key, value in content.items():
        yield str(key)
        if isinstance(value, dict):
            yield from _keys(value)


def test_a_machine_without_a_compiler_says_so(tmp_path, monkeypatch):
    lost = type("InvalidCxxCompiler", (RuntimeError,), {"__module__": "torch._inductor.exc"})

    class Broken(Compiled):
        def forward(self, _):
            raise lost("No working C++ compiler found")

    monkeypatch.setattr(learner.torch, "compile", Broken)
    with pytest.raises(
        InputError, match=r"cannot be compiled here; set trainer\.compile=false.*No w"
    ):
        fit(seeing(compile=True), tmp_path)

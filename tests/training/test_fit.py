import csv
import errno
import io
import json
import math
import signal
from dataclasses import dataclass, replace

import pytest
import torch
from torch import nn

from mien.data.sample import Batch
from mien.errors import InputError, WeightsError
from mien.models.output import Output
from mien.training import checkpoints, optimising
from mien.training.experiment import Turn
from mien.training.fit import fit, is_finished
from mien.training.recipe import Optim, Schedule
from mien.training.runfolder import BEST, LAST, METRICS, METRICS_TABLE
from mien.training.settings import to_json
from tests.hostile import Runs
from tests.training.tinyruns import TRUTH, Gap, Squared, batches, experiment, network


def figures(lines):
    """All but the time that it took."""
    return [{name: one for name, one in line.items() if name != "seconds"} for line in lines]


def same(one, other):
    torch.testing.assert_close(one.state_dict(), other.state_dict(), rtol=0, atol=0)


class Stop(Exception):
    """Ends a run from within."""


def stopping_after(epochs):
    def tell(line):
        if line["epoch"] == epochs - 1:
            raise Stop

    return tell


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run from start to end."""
    folder = tmp_path_factory.mktemp("whole")
    return fit(experiment(), folder), folder


def test_it_learns(tmp_path):
    optim = Optim("sgd", rate=0.2, momentum=0)
    run = experiment(of=nn.Linear(6, 2), optim=optim, schedule=Schedule(), epochs=15)
    fitted = fit(run, tmp_path)
    torch.testing.assert_close(fitted.network.weight.data.T, TRUTH, atol=0.1, rtol=0)
    assert not fitted.network.training


def test_each_epoch_is_a_line_of_losses_figures_and_rate(whole):
    fitted, folder = whole
    lines = [json.loads(line) for line in (folder / METRICS).read_text().splitlines()]
    assert lines == list(fitted.lines)
    assert [(line["epoch"], line["step"]) for line in lines] == [(0, 4), (1, 8), (2, 12), (3, 16)]
    names = {"train.loss", "train.error", "validate.loss", "validate.error", "validate.gap", "rate"}
    assert names <= set(lines[0])
    with (folder / METRICS_TABLE).open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["validate.gap"]) for row in rows] == [one["validate.gap"] for one in lines]
    assert list((folder / "tensorboard").glob("events*"))


def test_the_training_loss_is_the_mean_over_pictures(tmp_path):
    # Batches of 8 and of 2; the rate is so small that the network stays what it is.
    def uneven(turn):
        return [*batches(turn, 1, 8), *batches(Turn(50), 1, 2)]

    still = nn.Linear(6, 2)
    with torch.no_grad():
        errors = [(still(one.image) - one.target).square().mean() for one in uneven(Turn(0))]
    run = replace(experiment(of=still, optim=Optim("sgd", rate=1e-12), epochs=1), train=uneven)
    line = fit(run, tmp_path).lines[0]
    wanted = float((8 * errors[0] + 2 * errors[1]) / 10)
    assert line["train.error"] == pytest.approx(wanted, rel=1e-5)


def test_a_stopped_run_goes_on_to_the_same_numbers(whole, tmp_path):
    with pytest.raises(Stop):
        fit(experiment(), tmp_path, tell=stopping_after(2))
    assert not is_finished(experiment(), tmp_path)
    torch.manual_seed(999)
    fitted = fit(experiment(), tmp_path)
    assert figures(fitted.lines) == figures(whole[0].lines)
    same(fitted.network, whole[0].network)
    one, other = (checkpoints.read(folder / LAST) for folder in (tmp_path, whole[1]))
    torch.testing.assert_close(one["state_dict"], other["state_dict"], rtol=0, atol=0)


def test_a_finished_run_is_not_trained_again(whole):
    fitted, folder = whole
    before = (folder / LAST).stat().st_mtime_ns
    again = fit(replace(experiment(), train=None), folder)
    same(again.network, fitted.network)
    assert again.lines == fitted.lines
    assert is_finished(experiment(), folder)
    assert (folder / LAST).stat().st_mtime_ns == before


def test_other_chance_of_the_program_changes_nothing(whole, tmp_path):
    torch.manual_seed(12345)
    same(fit(experiment(), tmp_path).network, whole[0].network)


def test_dropout_is_another_one_in_each_epoch(tmp_path):
    of = nn.Sequential(nn.Dropout(0.5), nn.Linear(6, 2))
    run = experiment(of=of, optim=Optim("sgd", 1e-12), schedule=Schedule(), epochs=3)
    lines = fit(replace(run, train=lambda _: batches(Turn(0))), tmp_path).lines
    assert len({line["train.loss"] for line in lines}) == 3
    assert len({line["validate.loss"] for line in lines}) == 1


def test_another_seed_is_another_run(whole, tmp_path):
    assert figures(fit(experiment(seed=6), tmp_path).lines) != figures(whole[0].lines)


class Scripted(Gap):
    """Figures as they are given, one for each epoch."""

    def __init__(self, *values):
        super().__init__()
        self.values = iter(values)

    def compute(self):
        return {"gap": next(self.values)}


@pytest.mark.parametrize(
    ("values", "smaller", "chosen"),
    [
        ((3.0, 1.0, 1.0, 2.0), True, 1),  # the first of equals
        ((3.0, 1.0, 2.0, 4.0), False, 3),
        ((math.nan, 1.0, math.nan, 2.0), True, 1),
        ((math.nan,) * 4, True, 0),
    ],
)
def test_the_best_epoch_is_kept(tmp_path, values, smaller, chosen):
    weights = []

    class Watched(Scripted):
        def compute(self):
            weights.append(run.network[0].weight.detach().clone())
            return super().compute()

    run = replace(experiment(), meters=[Watched(*values)], smaller=smaller)
    fitted = fit(run, tmp_path)
    assert fitted.epoch == chosen
    assert torch.equal(fitted.network[0].weight, weights[chosen])
    assert checkpoints.read(tmp_path / BEST)["mien"]["epoch"] == chosen


def test_without_a_figure_the_last_epoch_counts(tmp_path):
    run = replace(experiment(), monitor="", validate=None)
    fitted = fit(run, tmp_path)
    assert fitted.epoch == 3
    last = checkpoints.read(tmp_path / LAST)["state_dict"]
    assert torch.equal(fitted.network[0].weight, last["network.0.weight"])


def test_it_stops_when_nothing_gets_better(tmp_path):
    values = (3.0, 1.0, 2.0, 2.0, 0.5, 0.1)
    run = replace(experiment(epochs=6, patience=2), meters=[Scripted(*values)])
    fitted = fit(run, tmp_path)
    assert len(fitted.lines) == 4
    assert fitted.epoch == 1
    assert is_finished(run, tmp_path)


def test_patience_is_remembered_over_a_stop(tmp_path):
    values = (3.0, 1.0, 2.0, 2.0, 0.5, 0.1)
    run = replace(experiment(epochs=6, patience=2), meters=[Scripted(*values)])
    with pytest.raises(Stop):
        fit(run, tmp_path, tell=stopping_after(3))
    run = replace(experiment(epochs=6, patience=2), meters=[Scripted(*values[3:])])
    assert len(fit(run, tmp_path).lines) == 4


def test_patience_needs_a_figure(tmp_path):
    with pytest.raises(InputError, match=r"data\.held"):
        fit(replace(experiment(patience=2), monitor=""), tmp_path)


def test_an_unknown_figure_is_refused_with_the_known_ones(tmp_path):
    with pytest.raises(InputError, match=r"'beauty'.* error.* gap"):
        fit(replace(experiment(), monitor="beauty"), tmp_path)


def test_the_check_gives_figures_of_the_network_at_rest(tmp_path):
    modes = []

    def check(one):
        modes.append(one.training)
        return {"checked": 0.5}

    fitted = fit(replace(experiment(epochs=2), check=check), tmp_path)
    assert modes == [False, False]
    assert [line["validate.checked"] for line in fitted.lines] == [0.5, 0.5]


def test_losses_are_weighted_by_name(tmp_path):
    class Two(Squared):
        def __call__(self, network, batch):
            return {**super().__call__(network, batch), "far": network(batch.image).square().mean()}

    run = replace(experiment(objective=Two(), epochs=1), weights={"far": 0.25})
    line = fit(run, tmp_path).lines[0]
    assert line["train.loss"] == pytest.approx(line["train.error"] + 0.25 * line["train.far"])


def test_gradients_are_clipped(tmp_path):
    # One step of plain gradient descent moves the weights by rate times the norm at most.
    moved = {}
    for clip in (0.0, 0.01):
        one = nn.Linear(6, 2)
        before = torch.cat([p.detach().flatten().clone() for p in one.parameters()])
        run = experiment(
            of=one, optim=Optim("sgd", 1.0, momentum=0, clip=clip), schedule=Schedule(), epochs=1
        )
        run = replace(run, train=lambda turn: batches(turn, 1), monitor="", validate=None)
        fit(run, tmp_path / str(clip))
        after = torch.cat([p.detach().flatten() for p in one.parameters()])
        moved[clip] = float((after - before).norm())
    assert moved[0.01] == pytest.approx(0.01, rel=1e-3)
    assert moved[0.0] > 1


def test_accumulated_batches_are_one_step(tmp_path):
    """Two batches of 8 are the step of one of 16."""

    def joined(turn):
        one, two = batches(turn, 2)
        image, target = (torch.cat(pair) for pair in zip(
            (one.image, one.target), (two.image, two.target), strict=True))  # fmt: skip
        return [Batch(image, target, torch.ones(16, 2, dtype=torch.bool))]

    found = []
    for accumulate, train in ((2, lambda turn: batches(turn, 2)), (1, joined)):
        torch.manual_seed(0)
        run = experiment(of=nn.Linear(6, 2), accumulate=accumulate, epochs=2)
        fitted = fit(replace(run, train=train), tmp_path / str(accumulate))
        found.append(fitted)
    torch.testing.assert_close(found[0].network.weight, found[1].network.weight)
    assert [line["step"] for line in found[0].lines] == [1, 2]
    assert [line["rate"] for line in found[0].lines] == [line["rate"] for line in found[1].lines]


def test_the_last_batches_of_an_epoch_are_a_step_of_their_own(tmp_path):
    """Three batches, two to a step: two steps, and one-cycle ends with the last of them."""
    taken = []

    class Counted(torch.optim.SGD):
        def step(self, closure=None):
            taken.append(self.param_groups[0]["lr"])
            return super().step(closure)

    def counted(parameters, optim):
        return Counted(parameters, lr=optim.rate)

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(optimising.OPTIMISERS, "sgd", counted)
        run = experiment(
            optim=Optim("sgd", rate=0.1), schedule=Schedule("one-cycle"), accumulate=2, epochs=5
        )
        fitted = fit(replace(run, train=lambda turn: batches(turn, 3)), tmp_path)
    assert [line["step"] for line in fitted.lines] == [2, 4, 6, 8, 10]
    # Smith's cycle as torch has it: from a 25th up to the rate, in the end down to nearly nothing
    assert len(taken) == 10
    assert taken[0] == pytest.approx(0.1 / 25)
    assert max(taken) == taken[2] == pytest.approx(0.1)
    assert taken[-1] == pytest.approx(0.1 / 25 / 1e4)


def test_frozen_parameters_stay_and_batch_statistics_drift(tmp_path):
    one = network()
    before = {name: value.clone() for name, value in one.state_dict().items()}
    run = experiment(of=one, optim=Optim("sgd", 0.1, decay=0.1, rates={"0.": 0, "1.": 0}))
    after = fit(run, tmp_path).network.state_dict()
    for name, value in after.items():
        frozen = name.startswith(("0.", "1.")) and "running" not in name and "num" not in name
        assert torch.equal(value, before[name]) == frozen, name


def test_rates_of_their_own(tmp_path):
    """With plain descent a tenth of the rate is a tenth of the way."""
    one = nn.Linear(6, 2)
    steps = {}
    for factor in (1.0, 0.1):
        torch.manual_seed(0)
        one = nn.Linear(6, 2)
        before = one.weight.detach().clone()
        optim = Optim("sgd", 0.1, momentum=0, rates={"weight": factor})
        run = replace(experiment(of=one, optim=optim, schedule=Schedule(), epochs=1), validate=None)
        run = replace(run, train=lambda turn: batches(turn, 1), monitor="")
        line = fit(run, tmp_path / str(factor)).lines[0]
        assert line["rate"] == pytest.approx(0.1)
        steps[factor] = one.weight.detach() - before
    torch.testing.assert_close(steps[0.1], 0.1 * steps[1.0], rtol=1e-4, atol=1e-7)


def test_unknown_labels_give_no_gradient(tmp_path):
    def masked(turn):
        one = batches(turn, 1)[0]
        known = torch.tensor([[True, False]]).expand(8, 2)
        return [Batch(one.image, one.target.where(known, torch.tensor(1e9)), known)]

    one = nn.Linear(6, 2)
    before = one.weight.detach().clone()
    run = experiment(of=one, optim=Optim("sgd", 0.1), epochs=2)
    fit(replace(run, train=masked, monitor="", validate=None), tmp_path)
    assert torch.equal(one.weight[1], before[1])
    assert not torch.equal(one.weight[0], before[0])


def test_the_objective_learns_too(tmp_path):
    class Shifted(nn.Module):
        def __init__(self):
            super().__init__()
            self.shift = nn.Parameter(torch.zeros(2))
            self.output = None

        def forward(self, network, batch):
            self.output = Output(network(batch.image) + self.shift)
            return {"error": (self.output.logits - batch.target).square().mean()}

    objective = Shifted()
    run = experiment(objective=objective, epochs=2)
    with pytest.raises(Stop):
        fit(run, tmp_path, tell=stopping_after(1))
    learned = objective.shift.detach().clone()
    assert learned.abs().min() > 0
    fresh = Shifted()
    fit(experiment(objective=fresh, epochs=2), tmp_path)
    assert not torch.equal(fresh.shift, learned)
    names = checkpoints.read(tmp_path / BEST)["network"]
    assert set(names) == set(network().state_dict())


def test_losses_that_are_no_numbers_end_the_run(tmp_path):
    def broken(turn):
        made = batches(turn)
        if turn.epoch == 1:
            made[0].image[0, 0] = math.inf
        return made

    with pytest.raises(InputError, match=r"\(error, loss\).*epoch 1.*optim.rate"):
        fit(replace(experiment(), train=broken), tmp_path)
    assert len((tmp_path / METRICS).read_text().splitlines()) == 1
    assert len(fit(experiment(), tmp_path).lines) == 4


def with_recipe(**changes):
    recipe = {"optim": {"rate": 0.02}, "trainer": {"epochs": 4, "workers": 2}}
    for name, value in changes.items():
        group, _, setting = name.partition("_")
        recipe[group] = {**recipe[group], setting: value}
    return {"recipe": recipe, "data": "d1"}


def test_another_recipe_in_the_folder_is_refused_with_what_differs(tmp_path):
    with pytest.raises(Stop):
        fit(experiment(identity=with_recipe()), tmp_path, tell=stopping_after(1))
    before = (tmp_path / LAST).read_bytes()
    with pytest.raises(InputError, match=r"recipe\.optim\.rate was 0\.02 and is 0\.1.*--restart"):
        fit(experiment(identity=with_recipe(optim_rate=0.1)), tmp_path)
    with pytest.raises(InputError, match="data was d1 and is d2"):
        fit(experiment(identity={**with_recipe(), "data": "d2"}), tmp_path)
    assert (tmp_path / LAST).read_bytes() == before
    free = with_recipe(trainer_workers=0)
    assert len(fit(experiment(identity=free), tmp_path).lines) == 4


@dataclass(frozen=True)
class Newer:
    """Settings as they are now; ``average`` and ``floor`` came into being since."""

    rate: float = 0.02
    average: float = 0.9
    floor: tuple[float, ...] = (0.5,)


@dataclass(frozen=True)
class NewerRecipe:
    optim: Newer = Newer()


def test_a_run_from_before_a_setting_goes_on_where_its_default_is_kept(tmp_path):
    def now(**asked):
        recipe = json.loads(to_json(NewerRecipe(Newer(**asked))))
        return replace(experiment(identity={"recipe": recipe}), recipe=NewerRecipe)

    old = experiment(identity={"recipe": {"optim": {"rate": 0.02}}})
    with pytest.raises(Stop):
        fit(old, tmp_path, tell=stopping_after(1))
    told = r"recipe\.optim\.average was 0\.9 and is 0\.0"
    with pytest.raises(InputError, match=told):
        fit(now(average=0.0), tmp_path)
    with pytest.raises(InputError, match=r"holds another run \(recipe\.optim\.floor was \[0\.5\]"):
        fit(now(floor=()), tmp_path)
    assert len(fit(now(), tmp_path).lines) == 4


@pytest.mark.parametrize(
    ("name", "longer"), [("constant", True), ("step", True), ("cosine", False)]
)
def test_a_run_is_made_longer_where_its_first_epochs_stay_the_same(tmp_path, name, longer):
    schedule = Schedule(name, every=2)
    short = experiment(schedule=schedule, epochs=2, identity=with_recipe(trainer_epochs=2))
    fit(short, tmp_path / "one")
    again = experiment(schedule=schedule, epochs=4, identity=with_recipe(trainer_epochs=4))
    if not longer:
        with pytest.raises(InputError, match=r"recipe\.trainer\.epochs was 2 and is 4"):
            fit(again, tmp_path / "one")
        return
    whole = experiment(schedule=schedule, epochs=4, identity=with_recipe(trainer_epochs=4))
    same(fit(again, tmp_path / "one").network, fit(whole, tmp_path / "other").network)
    with pytest.raises(InputError, match="was 4 and is 2"):
        fit(short, tmp_path / "one")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"no checkpoint at all", "damaged"),
        ({"state_dict": {}}, "another program"),
        ({"mien": {"format": 99}}, "update mien"),
        ({"mien": {"format": 1}}, "--restart"),
    ],
)
def test_a_foreign_checkpoint_is_refused(tmp_path, content, message):
    if isinstance(content, bytes):
        (tmp_path / LAST).write_bytes(content)
    else:
        torch.save(content, tmp_path / LAST)
    with pytest.raises(WeightsError, match=message) as raised:
        fit(experiment(), tmp_path)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("of", [nn.Linear(6, 2), nn.Sequential(nn.Linear(6, 2))])
def test_a_checkpoint_of_another_network_is_refused(tmp_path, of):
    with pytest.raises(Stop):
        fit(experiment(), tmp_path, tell=stopping_after(1))
    with pytest.raises(WeightsError, match=r"does not fit.*--restart") as raised:
        fit(experiment(of=of), tmp_path)
    assert "\n" not in str(raised.value)


def test_nothing_in_a_checkpoint_is_executed(tmp_path, capsys):
    torch.save({"mien": {"format": 1}, "trap": Runs(print, "executed")}, tmp_path / LAST)
    with pytest.raises(WeightsError):
        fit(experiment(), tmp_path)
    assert "executed" not in capsys.readouterr().out


def test_a_full_disk_is_one_sentence_and_leaves_the_last_checkpoint(tmp_path, whole, monkeypatch):
    with pytest.raises(Stop):
        fit(experiment(), tmp_path, tell=stopping_after(1))
    before = (tmp_path / LAST).read_bytes()

    class Full:
        def __init__(self, file):
            self.file = file

        def write(self, _):
            raise OSError(errno.ENOSPC, "No space left on device")

        def flush(self):
            pass

    real = torch.save
    with monkeypatch.context() as patch:
        patch.setattr(torch, "save", lambda what, file: real(what, Full(file)))
        with pytest.raises(InputError, match=r"No space left on device.*free some space"):
            fit(experiment(), tmp_path)
    assert (tmp_path / LAST).read_bytes() == before
    assert not list(tmp_path.glob(".*"))
    assert figures(fit(experiment(), tmp_path).lines) == figures(whole[0].lines)


@pytest.mark.parametrize("end", [KeyboardInterrupt, SystemExit])
def test_an_interruption_while_a_checkpoint_is_written_is_one(tmp_path, monkeypatch, end):
    checkpoints.write({"kept": torch.ones(3)}, tmp_path / LAST)
    before = (tmp_path / LAST).read_bytes()

    class Pressed(io.BytesIO):
        def write(self, _):
            raise end

    real = torch.save
    monkeypatch.setattr(torch, "save", lambda what, _: real(what, Pressed()))
    with pytest.raises(end):
        checkpoints.write({"kept": torch.zeros(3)}, tmp_path / LAST)
    assert (tmp_path / LAST).read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == [LAST]


def test_an_interruption_leaves_a_run_that_goes_on(tmp_path, whole, interruptible):
    handler = signal.getsignal(signal.SIGINT)

    def press(line):
        if line["epoch"] == 1:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        fit(experiment(), tmp_path, tell=press)
    assert signal.getsignal(signal.SIGINT) is handler
    assert figures(fit(experiment(), tmp_path).lines) == figures(whole[0].lines)


def test_lightning_says_nothing_of_itself(tmp_path, capfd, caplog):
    fit(experiment(epochs=1), tmp_path)
    assert capfd.readouterr() == ("", "")
    assert not caplog.records


def test_the_bar_is_on_standard_error(tmp_path, capfd):
    fit(experiment(epochs=1), tmp_path, bar=True)
    out, error = capfd.readouterr()
    assert not out
    assert "Epoch 0" in error


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"epochs": 0}, "trainer.epochs"),
        ({"accumulate": 0}, "trainer.accumulate"),
        ({"devices": "foo"}, "trainer.devices=foo"),
        ({"precision": "16-mixed"}, "GPU"),
    ],
)
def test_what_cannot_be_trained_with_is_refused(tmp_path, changed, message):
    if "precision" in changed and torch.cuda.is_available():
        pytest.skip("there is one")
    with pytest.raises(InputError, match=message):
        fit(experiment(**changed), tmp_path)


def test_mixed_precision(tmp_path):
    seen = []

    class Typed(Squared):
        def __call__(self, network, batch):
            losses = super().__call__(network, batch)
            seen.append(self.output.logits.dtype)
            return losses

    fit(experiment(objective=Typed(), precision="bf16-mixed", epochs=1), tmp_path)
    assert set(seen) == {torch.bfloat16}

"""Settings that cannot be meant: one sentence that names them, and nothing left behind."""

import pytest

from mien import models
from mien.errors import InputError
from mien.losses.au import binary_cross_entropy
from mien.training import objectives, onefold, run
from mien.training.objectives import Single
from mien.training.overrides import override
from mien.training.run import train_fold
from tests.training import tinyset


@pytest.fixture(scope="module", autouse=True)
def _registered():
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(models.MODELS, "tiny", tinyset.tiny)
        yield


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tinyset.prepared(tmp_path_factory.mktemp("set"))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ("optim.rate=-1", r"optim\.rate is -1, expected a number above 0"),
        ("optim.rate=0", r"optim\.rate is 0, expected a number above 0"),
        ("optim.betas=2,3", r"optim\.betas is 2, expected a number from 0 to below 1"),
        ("optim.betas=0.9,1", r"optim\.betas is 1, expected a number from 0 to below 1"),
        ("optim.decay=-1", r"optim\.decay is -1, expected 0 or more"),
        ("optim.clip=-1", r"optim\.clip is -1, expected 0 or more"),
        ("optim.momentum=5", r"optim\.momentum is 5, expected a number from 0 to below 1"),
        ("optim.rates.head=-1", r"optim\.rates\.head is -1, expected 0 or more"),
        ("optim.rates.haed=0", r"optim\.rates names 'haed'"),
        ("optim.name=sgd optim.nesterov=yes optim.momentum=0", r"optim\.nesterov needs momentum"),
        ("schedule.every=0", r"schedule\.every is 0, expected 1 or more"),
        ("schedule.factor=-1", r"schedule\.factor is -1, expected 0 or more"),
        ("schedule.warmup=-1", r"schedule\.warmup is -1, expected 0 or more"),
        ("schedule.warmup=3", r"schedule\.warmup is 3 of 3 epochs"),
        ("trainer.epochs=0", r"trainer\.epochs is 0, expected 1 or more"),
        ("trainer.accumulate=0", r"trainer\.accumulate is 0, expected 1 or more"),
        ("trainer.patience=-2", r"trainer\.patience is -2, expected 0 or more"),
        ("trainer.seed=-1", r"trainer\.seed is -1, expected 0 to "),
        ("trainer.workers=-1", r"trainer\.workers is -1, expected 0 or more"),
        ("trainer.nodes=0", r"trainer\.nodes is 0, expected 1 or more"),
        ("trainer.devices=foo", r"trainer\.devices=foo"),
        ("trainer.strategy=foo", r"trainer\.strategy=foo"),
        ("data.batch=0", r"data\.batch is 0, expected 1 or more"),
        ("data.test_batch=0", r"data\.test_batch is 0, expected 1 or more"),
        ("data.batch=1", r"data\.batch is 1, .* batch normalisation, .* expected 2 or more"),
        (
            "model.name=student-combined model.options.detected=[1,12] data.task=intensity "
            "objective.name=intensity",
            "reads occurrence and expression beside intensity, and the objective intensity does no",
        ),
        ("data.std=0,0,0", r"data\.std is 0, expected a number above 0"),
        ("data.held=1", r"data\.held is 1, expected a number from 0 to below 1"),
        ("data.threshold=9", r"data\.threshold is 9, expected 0 to 5"),
        ("objective.weights.foo=2", r"objective\.weights names foo, .* it has au"),
        ("objective.weights.au=-2", r"objective\.weights\.au is -2, expected 0 or more"),
        ("name=../../evil", r"name is '\.\./\.\./evil', expected letters"),
        ("name=..", r"name is '\.\.'"),
        ("name=a/b", r"name is 'a/b'"),
        ("name=a\\b", r"name is 'a\\\\b'"),
        ("name=", r"name is ''"),
    ],
)
def test_a_setting_out_of_its_range_is_refused(cache, tmp_path, changes, message):
    with pytest.raises(InputError, match=message) as raised:
        train_fold(override(tinyset.recipe(), changes.split()), 1, cache, tmp_path / "runs")
    assert "\n" not in str(raised.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("batches", [1, 2])
def test_a_rate_that_explodes_names_the_epoch(cache, tmp_path, batches):
    """The weights are no use after the first step, or while the first epoch lasts."""
    changes = ["optim.name=sgd", "optim.rate=1e30", f"data.batch={16 // batches}"]
    with pytest.raises(InputError, match=r"in epoch 0; lower optim\.rate"):
        train_fold(override(tinyset.recipe(), changes), 1, cache, tmp_path)


class Undeclared(Single):
    """Says nothing of its losses before it gives them."""

    losses = None

    def __setattr__(self, name, value):
        if name != "losses":
            super().__setattr__(name, value)


def test_an_unknown_loss_is_refused_at_the_first_batch_at_the_latest(cache, tmp_path, monkeypatch):
    def build(options, weights):
        return Undeclared("landmarks", binary_cross_entropy, {})

    monkeypatch.setitem(objectives.OBJECTIVES, "undeclared", build)
    changes = ["objective.name=undeclared", "objective.weights.landmark=2"]
    with pytest.raises(InputError, match=r"names landmark, .* did you mean landmarks\?"):
        train_fold(override(tinyset.recipe(), changes), 1, cache, tmp_path)


def test_what_is_refused_leaves_an_earlier_run_as_it_is(cache, tmp_path):
    earlier = tmp_path / "tiny" / "fold1" / "best.ckpt"
    earlier.parent.mkdir(parents=True)
    earlier.write_bytes(b"weights")
    wrong = override(tinyset.recipe(), ["trainer.devices=foo"])
    with pytest.raises(InputError, match="devices=foo"):
        train_fold(wrong, 1, cache, tmp_path, restart=True)
    assert earlier.read_bytes() == b"weights"


def test_a_finished_run_asks_for_no_devices(cache, tmp_path, monkeypatch):
    """It may have been trained on a machine that has more of them."""
    monkeypatch.setattr(run, "export", lambda *_: None)
    one = override(tinyset.recipe(), ["trainer.epochs=1"])
    done = train_fold(one, 1, cache, tmp_path)
    for name in ("check", "fit"):
        monkeypatch.delattr(onefold, name)
    assert train_fold(one, 1, cache, tmp_path).table == done.table


def test_numbers_at_the_ends_of_their_ranges_are_taken():
    ends = [
        "optim.decay=0", "optim.momentum=0", "optim.betas=0,0.999", "optim.clip=0",
        "schedule.factor=0", "trainer.seed=4294967295", "trainer.workers=0", "data.held=0",
        "data.threshold=0", "data.threshold=5", "data.batch=1", "objective.weights.au=0",
        "name=My-run_2.1",
    ]  # fmt: skip
    assert override(tinyset.recipe(), ends).name == "My-run_2.1"

import numpy as np
import pytest
import torch

from mien.errors import InputError
from mien.evaluation.landmarks import failure_rate, landmark_errors, mean_error
from mien.evaluation.meters import (
    ExpressionMeter,
    IntensityMeter,
    LandmarkMeter,
    OccurrenceMeter,
    meter,
)
from mien.evaluation.scoring import score

UNITS = (1, 2, 12)
EVERY = pytest.mark.parametrize(
    ("task", "names", "options"),
    [
        ("occurrence", UNITS, {"curves": True}),
        ("intensity", UNITS, {}),
        ("expression", ("a", "b", "c"), {}),
    ],
)


def batches(task, count=3):
    """Batches of 20: predictions, truths, masks."""
    generator = torch.Generator().manual_seed(3)
    for _ in range(count):
        if task == "expression":
            yield (
                torch.rand(20, 3, generator=generator),
                torch.randint(0, 3, (20,), generator=generator),
                torch.rand(20, generator=generator) < 0.8,
            )
        else:
            levels = 2 if task == "occurrence" else 6
            yield (
                torch.rand(20, 3, generator=generator) * (levels - 1),
                torch.randint(0, levels, (20, 3), generator=generator).float(),
                torch.rand(20, 3, generator=generator) < 0.8,
            )


def joined(task):
    return [torch.cat(parts).numpy() for parts in zip(*batches(task), strict=True)]


def check(found, task, names):
    """Every figure of the meter is that of the table; all of the table's are there."""
    table = score(task, *joined(task), names)
    wanted = dict(table.mean)
    for name, figures in table.units.items():
        title = f"AU{name}" if isinstance(name, int) else name
        wanted |= {f"{metric}/{title}": figure for metric, figure in figures.items()}
    assert {name: float(one) for name, one in found.items()} == pytest.approx(wanted, rel=1e-6)


@EVERY
def test_batches_add_up_to_the_table(task, names, options):
    one = meter(task, names, **options)
    for batch in batches(task):
        one.update(*batch)
    check(one.compute(), task, names)


@EVERY
def test_a_reset_forgets_what_was(task, names, options):
    one, fresh = (meter(task, names, **options) for _ in range(2))
    first, *others = batches(task)
    for batch in others:
        one.update(*batch)
    one.compute()
    one.reset()
    for each in (one, fresh):
        each.update(*first)
    assert one.compute() == fresh.compute()


@EVERY
def test_processes_add_up_to_the_table(task, names, options):
    one, two = (meter(task, names, **options) for _ in range(2))
    first, *others = batches(task)
    two.update(*first)
    for batch in others:
        one.update(*batch)
    two.merge_state(one)
    check(two.compute(), task, names)


def work(rank, folder):
    """One of two processes: scores its batches, and the figures of both."""
    torch.distributed.init_process_group(
        "gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=2
    )
    one = OccurrenceMeter(UNITS, curves=True)
    for batch in list(batches("occurrence"))[rank::2]:
        one.update(*batch)
    torch.save(one.compute(), f"{folder}/{rank}.pt")
    torch.distributed.destroy_process_group()


@pytest.mark.slow
def test_two_real_processes_agree(tmp_path):
    torch.multiprocessing.spawn(work, (str(tmp_path),), nprocs=2)
    for rank in (0, 1):
        check(torch.load(tmp_path / f"{rank}.pt"), "occurrence", UNITS)


def test_without_a_mask_all_is_known_and_without_curves_little_is_kept():
    one = OccurrenceMeter((4,))
    one.update(torch.tensor([[0.9], [0.4]]), torch.tensor([[1.0], [1.0]]))
    found = one.compute()
    assert found["f1/AU4"] == pytest.approx(2 / 3)
    assert set(found) == {
        f"{name}{unit}" for name in ("f1", "accuracy", "balanced_accuracy") for unit in ("", "/AU4")
    }
    assert one.sums.shape == (1, 4)


def test_the_threshold_is_the_meters():
    one = OccurrenceMeter((4,), threshold=0.3)
    one.update(torch.tensor([[0.4]]), torch.tensor([[1.0]]))
    assert one.compute()["f1"] == 1


def test_half_precision_and_gradients_are_taken():
    one = IntensityMeter((4,))
    values = torch.tensor([[1.0], [2.0]], requires_grad=True)
    one.update(values.to(torch.bfloat16), torch.tensor([[2.0], [4.0]]))
    assert one.compute()["mae"] == 1.5
    assert not one.compute()["mae"].requires_grad


@pytest.mark.parametrize("curves", [False, True])
def test_nothing_gives_no_figure(curves):
    with pytest.warns(UserWarning, match="before the ``update``"):
        found = OccurrenceMeter((4,), curves=curves).compute()
    assert torch.isnan(torch.stack(list(found.values()))).all()
    assert ("auroc/AU4" in found) == curves


def test_the_sums_go_where_the_meter_goes():
    one = ExpressionMeter(("a", "b"))
    one.update(torch.tensor([[0.2, 0.8]]), torch.tensor([1]))
    assert one.state_dict() == {}
    assert one.sums.tolist() == [[0, 0], [0, 1]]


def test_landmark_errors_add_up():
    rng = np.random.default_rng(0)
    true = rng.random((30, 49, 2)).astype(np.float32) * 100
    said = true + rng.normal(0, rng.uniform(0, 5, (30, 1, 1)), true.shape).astype(np.float32)
    one = LandmarkMeter()
    for part in (slice(11), slice(11, 30)):
        one.update(torch.from_numpy(said[part]), torch.from_numpy(true[part]))
    errors = landmark_errors(said, true)
    assert 0 < failure_rate(errors) < 1
    assert float(one.compute()["mean_error"]) == pytest.approx(mean_error(errors))
    assert float(one.compute()["failure_rate"]) == pytest.approx(failure_rate(errors))


def test_another_task_is_refused():
    with pytest.raises(InputError, match="'au' is no task"):
        meter("au", (1,))

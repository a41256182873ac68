import json
from dataclasses import asdict

import pytest

from mien.errors import InputError
from mien.recipes.meshunits import RECIPES as MESH
from mien.training.meshrecipe import MeshRecipe
from mien.training.overrides import override
from mien.training.recipe import Data, Expected, Model, Optim, Recipe, Trainer
from mien.training.settings import completed, differences, from_json, to_json

RECIPE = Recipe(
    "tiny",
    Model("resnet18", {"head": "table", "depth": 2}),
    Data("ckplus", units=(1, 2)),
    optim=Optim(rates={"features.0": 0.0}),
    expected=(Expected("somebody", "f1", 0.5, {1: 0.4, 2: 0.6}),),
)


def read(**changes):
    values = asdict(RECIPE)
    for name, value in changes.items():
        group, _, field = name.partition("__")
        target = values[group] if field else values
        target[field or group] = value
    return from_json(Recipe, json.dumps(values), "recipe.json")


@pytest.mark.parametrize("name", MESH)
def test_recipes_of_the_mesh_are_read_back_as_they_were(name):
    assert from_json(MeshRecipe, to_json(MESH[name]), "here") == MESH[name]


def test_numbers_of_units_stay_numbers():
    again = from_json(Recipe, to_json(RECIPE), "here")
    assert again == RECIPE
    assert list(again.expected[0].units) == [1, 2]
    assert again.data.units == (1, 2)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"optim__rte": 1}, r"recipe\.json\.optim has no setting 'rte'; did you mean rate\?"),
        ({"optim__rate": "fast"}, r"optim\.rate is \"fast\", expected a number"),
        ({"optim__rate": True}, "expected a number"),
        ({"trainer__epochs": 2.5}, "expected a whole number"),
        ({"data__units": [1, "two"]}, r"data\.units\[1\] is \"two\""),
        ({"data__mean": [0.5, 0.5]}, "has 2 values, expected 3 values"),
        ({"data__task": "beauty"}, "one of occurrence, intensity, expression"),
        ({"optim__rates": {"head": "none"}}, r"optim\.rates\.head"),
        ({"optim": 3}, "expected settings by name"),
        ({"expected": [{"source": "x", "metric": "f1"}]}, "lacks the setting 'mean'"),
        ({"expected": [{**asdict(RECIPE.expected[0]), "units": {"one": 1}}]}, "whole numbers"),
    ],
)
def test_a_wrong_file_is_refused_by_the_name_of_the_setting(changes, message):
    with pytest.raises(InputError, match=message):
        read(**changes)


def test_a_damaged_file_is_refused():
    with pytest.raises(InputError, match="here is damaged"):
        from_json(Recipe, "{", "here")


def test_what_was_not_there_yet_has_the_default_of_now():
    then = json.loads(to_json(RECIPE))
    then["optim"]["rate"] = 0.5
    for name in ("average", "betas"):
        del then["optim"][name]
    del then["trainer"]
    found = completed(Recipe, then)
    assert found["optim"] == {**then["optim"], "average": 0.0, "betas": [0.9, 0.999]}
    assert found["trainer"] == json.loads(to_json(Trainer()))
    assert found["model"] == then["model"]
    assert "trainer" not in then
    assert "average" not in then["optim"]


def test_differences_are_named():
    one, other = ({"a": {"b": 1, "c": [1]}, "d": 0}, {"a": {"b": 2, "c": [1]}, "e": 5})
    assert differences(one, other) == {"a.b": (1, 2), "d": (0, None), "e": (None, 5)}


@pytest.mark.parametrize(
    ("change", "found", "wanted"),
    [
        ("optim.rate=1e-3", lambda r: r.optim.rate, 1e-3),
        ("optim.rate=.5", lambda r: r.optim.rate, 0.5),
        ("optim.rate=1", lambda r: r.optim.rate, 1.0),
        ("trainer.epochs=7", lambda r: r.trainer.epochs, 7),
        ("trainer.devices=0,2", lambda r: r.trainer.devices, "0,2"),
        ("trainer.devices=2", lambda r: r.trainer.devices, "2"),
        ("data.units=1, 4,12", lambda r: r.data.units, (1, 4, 12)),
        ("data.units=[6]", lambda r: r.data.units, (6,)),
        ("data.units=", lambda r: r.data.units, ()),
        ("data.mean=0.5,.5,0.5", lambda r: r.data.mean, (0.5, 0.5, 0.5)),
        ("data.task=intensity", lambda r: r.data.task, "intensity"),
        ("data.augment.shift=no", lambda r: r.data.augment.shift, False),
        ("optim.nesterov=true", lambda r: r.optim.nesterov, True),
        ("model.options.head=wide", lambda r: r.model.options, {"head": "wide", "depth": 2}),
        ("model.options.depth=3", lambda r: r.model.options["depth"], 3),
        ("model.options.on=true", lambda r: r.model.options["on"], True),
        ("optim.rates.features.0=0.1", lambda r: r.optim.rates, {"features.0": 0.1}),
        ('optim.rates={"a": 0}', lambda r: r.optim.rates, {"a": 0.0}),
        ("model.start=a=b", lambda r: r.model.start, "a=b"),
        ("name=other", lambda r: r.name, "other"),
    ],
)
def test_settings_are_changed_in_their_own_type(change, found, wanted):
    changed = found(override(RECIPE, [change]))
    assert changed == wanted
    assert type(changed) is type(wanted)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("optim.rte=1", r"optim has no setting 'rte'; did you mean rate\?"),
        ("optin.rate=1", r"the recipe has no setting 'optin'; did you mean optim\?"),
        ("optim.rate=fast", r"optim\.rate is \"fast\", expected a number"),
        ("optim.rate=nan", "expected a number"),
        ("trainer.epochs=2.5", "expected a whole number"),
        ("trainer.epochs=many", "expected a whole number"),
        ("data.task=beauty", "one of occurrence, intensity, expression"),
        ("data.units=1,two", "expected a whole number"),
        ("data.mean=1,2", "expected 3 values"),
        ("optim.nesterov=perhaps", "expected true or false"),
        ("optim=1", r"group of settings; set one of optim\.name"),
        ("optim.rate.x=1", r"optim\.rate has no settings inside it"),
        ("optim.rate", "NAME=VALUE"),
        ("expected=1", "expected"),
    ],
)
def test_what_cannot_be_set_is_refused(change, message):
    with pytest.raises(InputError, match=message):
        override(RECIPE, [change])


def test_the_later_change_wins_and_the_recipe_stays():
    assert override(RECIPE, ["optim.rate=1", "optim.rate=2"]).optim.rate == 2
    assert RECIPE.optim.rate == Optim().rate


def test_recipes_of_the_mesh_are_changed_alike():
    assert override(MESH["au-mesh"], ["schedule.epochs=2"]).schedule.epochs == 2

"""plan_for: the length of a training is a function of the recipe and of the number of examples."""

import dataclasses
import json

import pytest

from keras_ae.errors import InputError
from keras_ae.recipe import load, override
from keras_ae.runs.plan import Plan, continued, plan_for, read_plan, save_plan

ON_ITS_DATA = {  # training examples of each recipe's own data, epochs and steps of an epoch, as ever
    "binarized_vae": (4019, 220, 31),
    "colorization": (512, 9, 64),
    "conditional": (4019, 60, 31),
    "contractive": (4019, 60, 31),
    "denoising": (4019, 32, 62),
    "digits": (4019, 60, 31),
    "image_anomaly": (407, 30, 72),
    "inpainting": (2048, 4, 256),
    "level_generation": (6251, 60, 194),
    "network_intrusion": (2439, 60, 38),
    "photo_denoising": (2048, 4, 256),
    "series_anomaly": (1953, 30, 60),
    "sparse": (4019, 60, 31),
    "stacked": (4019, 40, 31),
    "super_resolution": (2048, 4, 256),
    "table_anomaly": (185, 50, 11),
    "vector_quantized": (4019, 60, 31),
}


def history(*losses):
    return [{"val_loss": loss} for loss in losses]


@pytest.mark.parametrize("name", ON_ITS_DATA)
def test_a_recipe_on_its_own_data_trains_as_ever(name):
    examples, epochs, steps = ON_ITS_DATA[name]
    plan = plan_for(load(name), examples)
    assert (plan.epochs, plan.steps_per_epoch, plan.patience) == (epochs, steps, None)


@pytest.mark.parametrize("examples", [1, 48, 63, 64, 340, 1000])
@pytest.mark.parametrize("name", ON_ITS_DATA)
def test_little_data_is_trained_on_for_enough_steps(name, examples):
    recipe = load(name)
    plan = plan_for(recipe, examples)
    assert plan.epochs == recipe.default_epochs or plan.reason == f"max_steps={recipe.max_steps}"
    assert plan.steps >= recipe.min_steps >= 500
    once = examples // min(recipe.batch_size, examples)
    assert plan.steps_per_epoch == plan.passes_per_epoch * once
    fewer = (plan.passes_per_epoch - 1) * once  # the last pass was needed
    assert plan.epochs * fewer < recipe.min_steps or fewer < recipe.min_steps_per_epoch


def test_sixty_images_pass_many_times_until_they_no_longer_help():
    plan = plan_for(load("denoising"), 48)
    assert plan == Plan(48, 32, 47, 47, 8, "min_steps=1500")
    assert str(plan) == (
        "48 examples: 32 epochs of 47 steps, 47 passes over the data each, "
        "stopping 8 epochs after the best one"
    )


def test_much_data_is_trained_on_for_no_more_steps_than_allowed():
    recipe = override(load("denoising"), ["min_steps=100", "max_steps=1000", "batch_size=64"])
    plan = plan_for(recipe, 6400)
    assert plan == Plan(6400, 10, 100, 1, None, "max_steps=1000")
    assert plan_for(recipe, 640_000).epochs == 1
    assert plan_for(override(recipe, ["max_steps=0"]), 6400).epochs == recipe.default_epochs
    assert plan_for(override(recipe, ["epochs=40"]), 6400).epochs == 40
    assert continued(plan, recipe) == plan
    with pytest.raises(InputError, match="max_steps of at least min_steps, 100, or 0 .*; received 99"):
        override(recipe, ["max_steps=99"])


def test_epochs_given_by_hand_are_exact():
    recipe = load("denoising")
    for given in (override(recipe, ["epochs=4"]), dataclasses.replace(recipe, epochs=4)):
        assert plan_for(given, 48) == Plan(48, 4, 1, 1, None, "epochs=4")
    asked = override(recipe, ["epochs=4", "min_steps_per_epoch=10"])
    assert plan_for(asked, 48) == Plan(48, 4, 10, 10, None, "epochs=4")
    assert plan_for(override(asked, ["epochs=none"]), 48).steps_per_epoch == 47


def test_a_recipe_that_keeps_its_last_epoch_has_no_patience():
    recipe = load("level_generation")
    assert plan_for(override(recipe, ["min_steps=60000"]), 345).patience is None
    assert plan_for(override(recipe, ["min_steps=60000", "checkpoint=best"]), 345).patience == 15


def test_training_stops_after_its_epochs_or_its_patience():
    patient = Plan(48, 6, 10, 10, 2, "")
    ends = [patient.stops_after(history(*losses)) for losses in ((), (3,), (3, 4), (3, 4, 2), (3, 4, 2, 2))]
    assert ends == [False] * 5
    assert patient.stops_after(history(3, 4, 5))
    assert patient.stops_after(history(6, 5, 4, 3, 2, 1))
    exact = Plan(48, 6, 10, 10, None, "")
    assert not exact.stops_after(history(1, 2, 3, 4, 5))
    assert exact.stops_after(history(1, 2, 3, 4, 5, 6))


def test_a_resumed_run_has_epochs_of_the_length_that_they_had():
    recipe = load("denoising")
    plan = plan_for(recipe, 48)
    assert continued(plan, recipe) == plan
    longer = continued(plan, override(recipe, ["epochs=40"]))
    assert longer == Plan(48, 40, 47, 47, None, "epochs=40")


def test_a_plan_is_read_as_it_was_written(tmp_path):
    assert read_plan(tmp_path) is None
    plan = plan_for(load("digits"), 100)
    save_plan(plan, tmp_path)
    assert read_plan(tmp_path) == plan
    (tmp_path / "plan.json").write_text(json.dumps({"epochs": 3}))
    with pytest.raises(InputError, match=r"plan.json cannot be read .*; train again"):
        read_plan(tmp_path)

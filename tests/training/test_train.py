"""train: repeatable to the last digit, resumable as if unbroken, and strict about what it is given."""

import contextlib
import dataclasses
import json
import re
import shutil
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from conftest import eagerly, untrained
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from keras_ae.backbones.conv2d import ConvBackbone
from keras_ae.callbacks.epoch_lines import EpochLines
from keras_ae.callbacks.progress_bar import ProgressBar
from keras_ae.callbacks.weights import near_zero
from keras_ae.data.arrays import ArrayFile
from keras_ae.data.memory import Arrays
from keras_ae.errors import InputError
from keras_ae.heads import Term
from keras_ae.recipe import override
from keras_ae.runs.checkpoint import read_state
from keras_ae.runs.evaluation import evaluate
from keras_ae.runs.load import load_run
from keras_ae.tasks.reconstruction import Reconstruction
from keras_ae.tensorboard.final import write_final_report
from keras_ae.training import train as training
from keras_ae.training.monitoring import progress
from keras_ae.training.objective import loss_for
from keras_ae.training.schedule import optimizer_for
from keras_ae.training.train import train
from keras_ae.variants.undercomplete import Undercomplete
from keras_ae.variants.vector_quantized import VectorQuantized


def silent(_):
    pass


def losses_of(run):
    return [{name: value for name, value in epoch.items() if name != "seconds"} for epoch in run.history]


class InterruptAfter(keras.callbacks.Callback):
    """Presses Ctrl-C in the middle of an epoch."""

    def __init__(self, epoch):
        super().__init__()
        self.epoch, self.now = epoch, 0

    def on_epoch_begin(self, epoch, logs=None):
        self.now = epoch

    def on_train_batch_end(self, batch, logs=None):
        if self.now == self.epoch:
            raise KeyboardInterrupt


@pytest.fixture(scope="module")
def tiny_recipe(tiny_recipe):
    """The tiny recipe, whose epochs pass over the little data three times."""
    return dataclasses.replace(tiny_recipe, min_steps_per_epoch=13)


def brief(recipe):
    """The recipe with an epoch of one or few steps."""
    return dataclasses.replace(recipe, epochs=1, batch_size=64, min_steps_per_epoch=0)


@pytest.fixture(scope="module")
def finished(tiny_recipe, tmp_path_factory):
    """(run, what was reported) of a finished run, which no test changes."""
    notes = []
    return train(tiny_recipe, tmp_path_factory.mktemp("finished"), report=notes.append), notes


@pytest.fixture
def copied(finished, tmp_path):
    """A finished run's folder of one's own."""
    return shutil.copytree(finished[0].directory, tmp_path / "copied")


@pytest.mark.parametrize("backbone", [None, pytest.param(ConvBackbone((4, 8)), marks=pytest.mark.slow)])
def test_a_repeat_gives_the_same_losses_to_the_last_digit(tiny_recipe, tmp_path, backbone, finished):
    first = finished[0]
    if backbone:
        tiny_recipe = dataclasses.replace(tiny_recipe, variant=Undercomplete(backbone, 3))
        first = train(tiny_recipe, tmp_path / "a", report=silent)
    second = train(tiny_recipe, tmp_path / "b", report=silent)
    assert losses_of(first) == losses_of(second)
    assert first.history[0]["loss"] != first.history[1]["loss"]


def lines_of(epochs, first=0, last=None, losses=None, history=()):
    """What is reported of epochs whose losses fall, or are these."""
    lines = []
    callback = EpochLines(lines.append, history)
    callback.set_params({"epochs": epochs})
    for epoch in range(first, last or epochs):
        callback.on_epoch_begin(epoch)
        callback.on_epoch_end(epoch, {"loss": 0.5, "val_loss": losses[epoch] if losses else 1 / (epoch + 1)})
    callback.on_train_end()
    return lines


def test_epochs_are_reported_with_losses_and_the_best_one(finished):
    """Output of tests is no terminal."""
    lines = [note for note in finished[1] if note.startswith("epoch ")]
    assert [line.split(" - ")[0] for line in lines] == ["epoch 1/3", "epoch 2/3", "epoch 3/3"]
    for line, epoch in zip(lines, finished[0].history, strict=True):
        assert f" - loss: {epoch['loss']:#.4g} - " in line
        assert f" - val_loss: {epoch['val_loss']:#.4g} - " in line
        assert re.search(r" - best: \d$", line)
    assert lines_of(3, losses=[3, 1, 2])[-1].endswith("s - loss: 0.5000 - val_loss: 2.000 - best: 2")


def test_long_trainings_are_reported_in_about_thirty_lines():
    counts = {epochs: len(lines_of(epochs)) for epochs in (1, 2, 29, 30, 31, 61, 100, 299, 2000, 2001)}
    assert counts == {1: 1, 2: 2, 29: 29, 30: 30, 31: 17, 61: 14, 100: 21, 299: 31, 2000: 21, 2001: 22}
    lines = [line.split(" - ")[0] for line in lines_of(301)]
    assert lines[:3] == ["epoch 1/301", "epoch 20/301", "epoch 40/301"]
    assert lines[-2:] == ["epoch 300/301", "epoch 301/301"]


def test_a_training_that_stops_or_goes_on_has_its_first_and_last_line_too():
    stopped = [line.split(" - ")[0] for line in lines_of(100, last=33)]
    assert stopped[-2:] == ["epoch 30/100", "epoch 33/100"]
    resumed = lines_of(52, first=50, history=[{"val_loss": 0.001}] + 49 * [{"val_loss": 1.0}])
    assert [line.split(" - ")[0] for line in resumed] == ["epoch 51/52", "epoch 52/52"]
    assert resumed[-1].endswith("best: 1")


@pytest.mark.parametrize(
    ("verbose", "terminal", "keras_verbose"), [(0, True, 0), (1, True, 1), (2, False, 2)]
)
def test_a_progress_bar_or_nothing_needs_no_lines(monkeypatch, verbose, terminal, keras_verbose):
    monkeypatch.setattr("sys.stdout", SimpleNamespace(isatty=lambda: terminal))
    kept, callbacks = progress(verbose, silent, [])
    assert kept == keras_verbose
    assert [type(one) for one in callbacks] == ([ProgressBar] if verbose == 1 else [])


def test_the_seed_decides_about_the_weights(tiny_recipe, tmp_path):
    """And about order and noise, as test_splits.py says."""
    weights = []
    with untrained():
        for number, seed in enumerate((0, 0, 1)):
            recipe = dataclasses.replace(tiny_recipe, seed=seed, epochs=1)
            run = train(recipe, tmp_path / str(number), report=silent)
            weights.append(run.heads.end_to_end.get_weights()[0])
    np.testing.assert_array_equal(weights[0], weights[1])
    assert not np.allclose(weights[0], weights[2])


def test_an_interrupted_run_goes_on_as_if_unbroken(tiny_recipe, tmp_path, finished):
    unbroken = finished[0]
    broken = dataclasses.replace(tiny_recipe, callbacks=(lambda: InterruptAfter(2),))
    with pytest.raises(KeyboardInterrupt):
        train(broken, tmp_path / "b", report=silent)
    assert training.epochs_done(tmp_path / "b") == 2
    (tmp_path / "b" / "recipe.json").write_text(
        (unbroken.directory / "recipe.json").read_text()
    )  # no callback
    resumed = train(tiny_recipe, tmp_path / "b", resume=True, report=silent)
    assert losses_of(resumed) == losses_of(unbroken)
    for left, right in zip(resumed.heads.end_to_end.weights, unbroken.heads.end_to_end.weights, strict=True):
        np.testing.assert_array_equal(left.numpy(), right.numpy())


def test_a_resumed_run_may_have_more_epochs_but_nothing_else_may_change(tiny_recipe, copied):
    longer = override(tiny_recipe, ["epochs=4"])
    with untrained():
        assert len(train(longer, copied, resume=True, report=silent).history) == 4
    with pytest.raises(InputError, match=r"variant.latent_dim \(was 4, is 5\); start a new run"):
        train(override(longer, ["variant.latent_dim=5"]), copied, resume=True, report=silent)


def test_a_finished_run_that_is_resumed_trains_no_more(tiny_recipe, copied, finished):
    first = finished[0]
    again = train(tiny_recipe, copied, resume=True, report=silent)
    assert losses_of(first) == losses_of(again)


def test_a_run_of_an_earlier_version_is_resumed_with_its_epochs(tiny_recipe, copied, finished):
    """It had a number of epochs and no plan."""
    (copied / "plan.json").unlink()
    settings = json.loads((copied / "recipe.json").read_text())
    del settings["default_epochs"], settings["min_steps"]
    (copied / "recipe.json").write_text(json.dumps(settings))
    notes = []
    recipe = dataclasses.replace(tiny_recipe, epochs=None, default_epochs=9)
    again = train(recipe, copied, resume=True, report=notes.append)
    assert losses_of(again) == losses_of(finished[0])
    assert notes[-1].startswith("all epochs are done")


def test_a_run_of_little_data_stops_early_and_stays_stopped(tiny_recipe, tmp_path):
    class Spoil(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 1:
                for weight in self.model.trainable_weights:
                    weight.assign(weight + 10.0)

    notes = []
    recipe = dataclasses.replace(
        tiny_recipe, epochs=None, default_epochs=4, min_steps=8, min_steps_per_epoch=0, callbacks=(Spoil,)
    )
    recipe = dataclasses.replace(recipe, batch_size=48)
    with eagerly():
        run = train(recipe, tmp_path, report=notes.append)
    assert len(run.history) == 2
    assert any(note.endswith("stopping 1 epoch after the best one") for note in notes)
    assert "stopped after epoch 2 of 4: the best one is epoch 1" in notes
    again = train(recipe, tmp_path, resume=True, report=notes.append)
    assert len(again.history) == 2
    assert any(note.startswith("all epochs are done") for note in notes)
    with untrained():
        assert len(train(override(recipe, ["epochs=3"]), tmp_path, resume=True, report=silent).history) == 3
    assert json.loads((tmp_path / "plan.json").read_text())["steps_per_epoch"] == 2


def test_a_folder_that_holds_a_run_is_not_written_over(tiny_recipe, copied):
    with pytest.raises(InputError, match="already contains a run"):
        train(tiny_recipe, copied, report=silent)


def test_a_folder_that_cannot_be_written_is_refused(tiny_recipe, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot be written"):
        train(tiny_recipe, tmp_path / "file" / "run", report=silent)


def test_a_run_with_nothing_left_to_do_says_so(tiny_recipe, copied):
    notes = []
    train(tiny_recipe, copied, resume=True, report=notes.append)
    assert notes[-1].startswith("all epochs are done")


def test_little_data_is_gone_through_more_often_where_a_recipe_asks_for_steps(tiny_recipe, finished):
    """The tests above resume such a run."""
    data = tiny_recipe.data.load()
    assert f"{len(data.train)} examples: 3 epochs of 18 steps, 3 passes over the data each" in finished[1]


def test_the_best_epoch_is_loaded_or_the_last(tiny_recipe, tmp_path):
    """Weights that are destroyed before the last epoch stay as they were before, or as they are after."""

    class Destroy(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 1:
                for weight in self.model.trainable_weights:
                    weight.assign(weight + 10.0)

    recipe = dataclasses.replace(brief(tiny_recipe), callbacks=(Destroy,), epochs=2)
    with eagerly():
        best = train(recipe, tmp_path, report=silent)
    state = read_state(tmp_path / "checkpoint")
    assert state["last"] == "epoch-2.weights.h5"
    assert state["best"] == "epoch-1.weights.h5"
    settings = json.loads((tmp_path / "recipe.json").read_text())
    (tmp_path / "recipe.json").write_text(json.dumps(settings | {"checkpoint": "last"}))
    last = train(dataclasses.replace(recipe, checkpoint="last"), tmp_path, resume=True, report=silent)
    largest = [
        max(np.abs(weight.numpy()).max() for weight in run.heads.end_to_end.weights) for run in (best, last)
    ]
    assert largest[0] < 5 < largest[1]


def test_terms_are_weighed_into_the_loss_and_shown(tiny_recipe, tmp_path):
    @dataclasses.dataclass(frozen=True)
    class Penalized(Undercomplete):
        def terms(self):
            square = Term(
                "square", lambda outputs: keras.ops.mean(keras.ops.square(outputs["code"]), -1), 0.5
            )
            return (square, Term("one", lambda outputs: keras.ops.ones(()), 2.0))

    variant = Penalized(tiny_recipe.variant.backbone, 4)
    recipe = dataclasses.replace(brief(tiny_recipe), variant=variant)
    with eagerly():
        history = train(recipe, tmp_path, report=silent).history
    for epoch in history:
        for prefix in ("", "val_"):
            expected = epoch[f"{prefix}reconstruction"] + 0.5 * epoch[f"{prefix}square"] + 2.0
            assert epoch[f"{prefix}loss"] == pytest.approx(expected, rel=1e-5)
            assert epoch[f"{prefix}one"] == 1.0


def test_what_is_trained_alongside_counts_in_the_loss_and_not_in_what_selects(tiny_recipe, tmp_path):
    variant = VectorQuantized(tiny_recipe.variant.backbone, 2, num_embeddings=4, embedding_dim=2)
    notes = []
    recipe = dataclasses.replace(brief(tiny_recipe), variant=variant, task=Reconstruction(), epochs=2)
    with eagerly():
        history = train(recipe, tmp_path, report=notes.append).history
    for epoch in history:
        own = epoch["val_reconstruction"] + variant.commitment_cost * epoch["val_commitment"]
        assert epoch["val_selection"] == pytest.approx(own, rel=1e-5)  # a sum of float32
        assert epoch["val_loss"] == pytest.approx(own + epoch["val_prior_nll"], rel=1e-5)
        assert "selection" not in epoch
    selections = [epoch["val_selection"] for epoch in history]
    best = 1 + selections.index(min(selections))
    assert read_state(tmp_path / "checkpoint")["best"] == f"epoch-{best}.weights.h5"
    line = next(note for note in notes if note.startswith("epoch 2/2"))
    assert f" - val_selection: {selections[1]:#.4g} - best: {best}" in line


def test_values_outside_the_unit_interval_are_refused_before_training(tiny_recipe, tmp_path):
    np.save(tmp_path / "a.npy", np.random.default_rng(0).uniform(-3, 7.5, (30, 4, 4)))
    recipe = dataclasses.replace(tiny_recipe, data=ArrayFile(str(tmp_path / "a.npy"), domain="unit"))
    with pytest.raises(InputError, match=r"found -2\.\d+ to 7\.\d+; scale the data .*data.domain=real"):
        train(recipe, tmp_path / "run", report=silent)
    assert training.epochs_done(tmp_path / "run") == 0


def test_crossentropy_on_real_values_is_refused_before_training(tiny_recipe, tmp_path):
    np.save(tmp_path / "a.npy", np.random.default_rng(0).normal(size=(30, 4, 4)))
    recipe = dataclasses.replace(
        tiny_recipe, data=ArrayFile(str(tmp_path / "a.npy")), loss="binary_crossentropy"
    )
    with pytest.raises(InputError, match=r"cross-entropy needs data in \[0, 1\]; found real values"):
        train(recipe, tmp_path / "run", report=silent)


@pytest.mark.parametrize(
    ("shape", "loss", "message"),
    [
        ((30, 4, 4), "ssim", "loss=ssim compares images in .0, 1.; found real values of shape 4x4x1"),
        ((30, 6), "ssim", "found real values of shape 6; take another loss, such as SET=.loss=mse."),
        ((30, 6), "mae", ""),
        ((30, 4, 4), "color_distance", "is of colors, a and b of Lab, .* found targets of shape 4x4x1; take"),
        ((30, 6), "cce", "categorical cross-entropy and classes need each other"),
    ],
)
def test_a_loss_that_does_not_fit_the_data_is_refused_before_training(shape, loss, message, tiny_recipe):
    data = Arrays(np.random.default_rng(0).normal(size=shape))
    recipe = dataclasses.replace(tiny_recipe, data=data, loss=loss)
    with contextlib.nullcontext() if not message else pytest.raises(InputError, match=message):
        loss_for(recipe, data.load())


def test_the_loss_ssim_takes_images_and_no_vectors_in_the_unit_interval(tiny_recipe):
    recipe = dataclasses.replace(tiny_recipe, loss="ssim")
    images = np.random.default_rng(0).uniform(size=(30, 4, 4)).astype("float32")
    loss = loss_for(recipe, Arrays(images).load())
    np.testing.assert_allclose(loss(images[..., None], {"reconstruction": images[..., None]}), 0, atol=1e-6)
    with pytest.raises(InputError, match="found unit values of shape 16; take another loss"):
        loss_for(recipe, Arrays(images.reshape(30, 16)).load())


def test_the_delta_of_huber_is_that_of_the_recipe_and_refused_with_another_loss(tiny_recipe):
    data = tiny_recipe.data.load()
    recipe = dataclasses.replace(tiny_recipe, loss="huber", huber_delta=0.1)
    target = np.zeros((1, 2), "float32")
    value = loss_for(recipe, data)(target, {"reconstruction": target + 0.3})
    np.testing.assert_allclose(value, [0.1 * 0.25], rtol=1e-5)
    with pytest.raises(InputError, match="huber_delta=0.1 is of the loss huber, received loss=auto; leave"):
        loss_for(dataclasses.replace(recipe, loss="auto"), data)
    with pytest.raises(InputError, match="huber_delta must be above 0, received 0"):
        dataclasses.replace(recipe, huber_delta=0)


def test_the_fraction_of_weights_near_zero_is_written(finished):
    run, _ = finished
    events = EventAccumulator(str(run.directory / "train")).Reload()
    tags = {"weights_near_zero/all", "weights_near_zero/encoder_code/kernel"}
    assert tags <= set(events.Tags()["tensors"])
    assert len(events.Tensors("weights_near_zero/all")) == 3  # epochs
    assert near_zero(np.array([[1.0, -1e-3, 2e-3], [0.0, 0.5, -9e-4]])) == pytest.approx(3 / 6)
    assert near_zero(np.zeros((2, 2))) == 1


@pytest.fixture(scope="module")
def of_real_values(tiny_recipe, tmp_path_factory):
    """A run on real values, of no name; tests may change the file that its data came from."""
    folder = tmp_path_factory.mktemp("real")
    np.save(folder / "a.npy", 100 + 50 * np.random.default_rng(0).normal(size=(200, 6)))
    recipe = dataclasses.replace(brief(tiny_recipe), data=ArrayFile(str(folder / "a.npy")), name="")
    with eagerly():
        return train(recipe, folder / "run", report=silent)


def test_real_values_train_with_squared_error(of_real_values):
    run = of_real_values
    table = evaluate(run)
    assert list(table) == ["noisy input", "linear denoiser", "model"]
    assert set(table["model"]) == {"mse", "mae", "explained_variance"}
    write_final_report(run, table)
    assert not (run.directory / "examples.png").exists()


def test_an_unknown_optimizer_is_refused(tiny_recipe, tmp_path):
    with pytest.raises(InputError, match="Keras has no optimizer 'adma'"):
        train(override(tiny_recipe, ["optimizer=adma"]), tmp_path, report=silent)


@pytest.mark.parametrize(
    ("schedule", "warmup"), [("constant", 0), ("constant", 5), ("cosine", 0), ("cosine", 5)]
)
def test_the_learning_rate_follows_its_schedule(tiny_recipe, schedule, warmup):
    recipe = override(
        tiny_recipe, [f"schedule={schedule}", f"lr_warmup_steps={warmup}", "learning_rate=0.1", "epochs=4"]
    )
    optimizer = optimizer_for(recipe, steps=20)
    rates = []
    for step in range(21):
        optimizer.iterations.assign(step)
        rates.append(float(optimizer.learning_rate))
    assert max(rates) == pytest.approx(0.1)
    assert rates[-1] == pytest.approx(0.1 if schedule == "constant" else 0.0, abs=1e-6)
    assert (rates[0] == 0) == bool(warmup)


def test_a_run_that_diverges_says_so_and_keeps_what_was_good(tiny_recipe, tmp_path):
    class Spoil(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 1:
                last = self.model.trainable_weights[-1]  # behind it no rectifier makes NaN a zero
                last.assign(last * np.nan)

    recipe = dataclasses.replace(brief(tiny_recipe), callbacks=(Spoil,), epochs=3)
    with (
        eagerly(),
        pytest.raises(InputError, match="training diverged in epoch 2: .*nan.* lower the learning rate"),
    ):
        train(recipe, tmp_path, report=silent)
    assert training.epochs_done(tmp_path) == 1


def test_a_run_is_not_resumed_with_other_data_but_where_it_kept_nothing(tiny_recipe, tmp_path, random):
    recipe = dataclasses.replace(brief(tiny_recipe), data=ArrayFile(str(tmp_path / "a.npy")))
    np.save(tmp_path / "a.npy", random.uniform(size=(30, 4, 4)))
    broken = dataclasses.replace(recipe, callbacks=(lambda: InterruptAfter(0),))
    with eagerly(), pytest.raises(KeyboardInterrupt):
        train(broken, tmp_path / "run", report=silent)
    np.save(tmp_path / "a.npy", random.uniform(size=(30, 5, 5)))
    with untrained():
        assert len(train(recipe, tmp_path / "run", report=silent).history) == 1
    np.save(tmp_path / "a.npy", random.uniform(size=(30, 5, 5)))
    with pytest.raises(InputError, match="the data has changed since .* bring the old data back"):
        train(recipe, tmp_path / "run", resume=True, report=silent)


def test_other_settings_than_in_training_are_told_of(tiny_recipe, copied):
    notes = []
    load_run(override(tiny_recipe, ["task.corruption.sigma=0.1"]), copied, notes.append)
    assert notes[0] == "other than in training: task.corruption.sigma was 0.2, is 0.1"


def test_real_data_is_scored_in_the_units_of_training(of_real_values, random):
    run = of_real_values
    file = run.directory.parent / "a.npy"
    np.save(file, 100 + 100 * random.normal(size=(200, 6)))
    other = load_run(run.recipe, run.directory, silent).data
    np.testing.assert_allclose(other.offset, run.data.offset)
    assert other.train.examples.std() == pytest.approx(2, rel=0.1)
    np.save(file, random.uniform(size=(30, 6)))
    within = load_run(run.recipe, run.directory, silent).data  # [0, 1] by chance alone
    assert within.domain == "real"
    np.testing.assert_array_equal(within.offset, other.offset)


def test_a_model_file_that_is_broken_is_refused(tiny_recipe, copied):
    (copied / "autoencoder.keras").write_bytes(b"x")
    with pytest.raises(InputError, match="cannot be read"):
        load_run(tiny_recipe, copied, silent)


def test_a_reopened_run_scores_as_it_did(tiny_recipe, finished):
    run = finished[0]
    found, due = evaluate(load_run(tiny_recipe, run.directory, silent)), evaluate(run)
    assert found.keys() == due.keys()
    for name, scores in due.items():  # by another model's functions: within rounding
        assert found[name] == pytest.approx(scores, rel=1e-5)


def test_an_unfinished_run_is_not_reopened(tiny_recipe, tmp_path):
    with pytest.raises(InputError, match="no trained model yet; finish it with RESUME=1"):
        load_run(tiny_recipe, tmp_path, silent)


def test_data_of_another_shape_is_refused(tiny_recipe, tmp_path, copied):
    np.save(tmp_path / "a.npy", np.random.default_rng(0).uniform(size=(30, 9, 9)))
    recipe = dataclasses.replace(tiny_recipe, data=ArrayFile(str(tmp_path / "a.npy")))
    with pytest.raises(InputError, match=r"examples of shape \(12, 12, 1\), received \(9, 9, 1\)"):
        load_run(recipe, copied, silent)

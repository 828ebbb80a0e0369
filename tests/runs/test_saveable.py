"""What cannot be saved is refused with the layer and what it lacks, and is saved once that is written."""

import dataclasses
import random
from argparse import Namespace
from pathlib import Path

import keras
import numpy as np
import pytest
from conftest import untrained
from keras import layers, ops

from keras_ae.blocks.samplers import StandardNormal
from keras_ae.cli.requests import define_layers
from keras_ae.errors import InputError
from keras_ae.heads import Heads
from keras_ae.recipe import load
from keras_ae.runs.artifacts import load_artifacts
from keras_ae.runs.request import RunRequest
from keras_ae.runs.saveable import check_saveable
from keras_ae.runs.settings import save_settings
from keras_ae.tasks.reconstruction import Reconstruction
from keras_ae.training import train as training
from keras_ae.variants import Variant


class Scaled(layers.Layer):
    """A layer of one's own, of which nothing is written for Keras."""

    def __init__(self, factor, **options):
        super().__init__(**options)
        self.factor = factor

    def call(self, inputs):
        return inputs * float(self.factor)


@keras.saving.register_keras_serializable("tests")
class Registered(Scaled):
    pass


@keras.saving.register_keras_serializable("tests")
class Forgetful(Scaled):
    """Its configuration has no factor."""

    def __init__(self, factor, **options):
        super().__init__(factor, **options)

    def get_config(self):
        return super(Scaled, self).get_config()


@keras.saving.register_keras_serializable("tests")
class ForgetfulOfADefault(Forgetful):
    def __init__(self, factor=1.0, **options):
        super().__init__(factor, **options)


@keras.saving.register_keras_serializable("tests")
class Misnamed(Scaled):
    def __init__(self, factor=1.0, **options):
        super().__init__(factor, **options)

    def get_config(self):
        return super(Scaled, self).get_config() | {"scale": self.factor}


@keras.saving.register_keras_serializable("tests")
class Narrow(layers.Layer):
    def __init__(self):
        super().__init__()

    def call(self, inputs):
        return 2.0 * inputs


@keras.saving.register_keras_serializable("tests")
class Around(layers.Layer):
    """Its argument, a layer, comes back as a dict."""

    def __init__(self, inner, **options):
        super().__init__(**options)
        self.inner = inner

    def call(self, inputs):
        return self.inner(inputs)

    def get_config(self):
        return super().get_config() | {"inner": self.inner}


@keras.saving.register_keras_serializable("tests")
class AroundMadeAgain(Around):
    @classmethod
    def from_config(cls, config):
        return cls(**config | {"inner": keras.saving.deserialize_keras_object(config["inner"])})


@keras.saving.register_keras_serializable("tests")
class Configured(Scaled):
    def get_config(self):
        return super().get_config() | {"factor": float(self.factor)}


def doubled(inputs):
    return 2.0 * inputs


@keras.saving.register_keras_serializable("tests")
def halved(inputs):
    return 0.5 * inputs


def around(layer):
    """A model with the layer in a model within it, as heads have theirs."""
    inputs = keras.Input((4,), name="inputs")
    inner = keras.Model({"inputs": inputs}, {"code": layer(inputs)}, name="encoder")
    return keras.Model({"inputs": inputs}, inner({"inputs": inputs}), name="autoencoder")


def batch():
    return {"inputs": np.ones((2, 4), np.float32)}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: Registered(np.full((), 2.0), name="mine"),
            r"layer 'mine' \(Registered\) .* has no get_config",
        ),
        (lambda: Scaled(2.0, name="mine"), r"'mine' \(Scaled\) cannot be saved: Keras does not find Scaled"),
        (
            lambda: Forgetful(2.0, name="mine"),
            r"'mine' \(Forgetful\) .* its get_config lacks 'factor'; return",
        ),
        (
            lambda: ForgetfulOfADefault(2.0),
            "with other outputs; check the get_config of '.*' .ForgetfulOfADe",
        ),
        (lambda: Misnamed(2.0), r"\(Misnamed\) .* its __init__ does not take scale, .*; take \*\*kwargs"),
        (lambda: Narrow(), r"\(Narrow\) .* its __init__ does not take trainable"),
        (lambda: Around(layers.Dense(3), name="mine"), r"'mine' \(of type Around\) fails once it is loaded"),
        (lambda: layers.Lambda(lambda inputs: 2 * inputs), r"\(Lambda\) cannot be saved: it has a lambda"),
        (
            lambda: layers.Lambda(doubled, name="two"),
            r"'two' \(Lambda\) .* does not find doubled again; write",
        ),
        (lambda: layers.Dense(3, activation=doubled), r"\(Dense\) .* does not find doubled again"),
        (lambda: layers.Dense(3, activation=lambda inputs: 2 * inputs), r"\(Dense\) .* it has a lambda"),
    ],
)
def test_a_layer_that_would_not_come_back_is_refused_in_a_line(make, message):
    with pytest.raises(InputError, match=message) as refusal:
        check_saveable(around(make()), batch)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Registered(2.0),  # a number, of which Keras writes the configuration
        lambda: Configured(np.full((), 2.0)),
        lambda: AroundMadeAgain(layers.Dense(3)),
        lambda: layers.Lambda(halved),
        lambda: layers.Dense(3, activation=halved),
        lambda: layers.Dense(3, activation=ops.tanh),
    ],
)
def test_one_that_does_what_the_refusals_say_comes_back(make, tmp_path):
    model = around(make())
    check_saveable(model, batch)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras", compile=False, safe_mode=True)
    # two graphs of the same layers: within rounding
    np.testing.assert_allclose(loaded(batch())["code"], model(batch())["code"], rtol=1e-5)


def test_the_check_takes_nothing_from_the_seeds_of_the_training():
    model = around(layers.Dense(3))
    random.seed(3)
    expected = random.random()
    random.seed(3)
    check_saveable(model)
    assert random.random() == expected


@dataclasses.dataclass(frozen=True)
class Unsaveable(StandardNormal):
    """A sampler that cannot be saved, which is known after training alone."""

    def fit(self, heads, encoded):
        noise = keras.Input((heads.latent_dim,), name="noise")
        return keras.Model({"noise": noise}, {"code": Scaled(1.0, name="mine")(noise)}, name="sampler")


@dataclasses.dataclass(frozen=True)
class Own(Variant):
    """A variant with a layer of one's own."""

    layer: type = Scaled
    latent_dim: int = 2
    sampler: StandardNormal | None = None

    def build(self, spec):
        inputs = keras.Input(spec.input_shape, name="inputs")
        code = layers.Dense(self.latent_dim)(layers.Flatten()(self.layer(2.0, name="mine")(inputs)))
        encoder = keras.Model({"inputs": inputs}, {"code": code}, name="encoder")
        code = keras.Input((self.latent_dim,), name="code")
        output = layers.Dense(int(np.prod(spec.target_shape)), spec.activation)(code)
        output = layers.Reshape(spec.target_shape)(output)
        return Heads.join(encoder, keras.Model({"code": code}, {"reconstruction": output}, name="decoder"))


def test_training_is_refused_before_its_first_step(tiny_recipe, tmp_path):
    recipe = dataclasses.replace(tiny_recipe, task=Reconstruction(), epochs=1)
    for layer, message in ((Scaled, "does not find Scaled"), (ForgetfulOfADefault, "with other outputs")):
        with pytest.raises(InputError, match=message):
            training.train(dataclasses.replace(recipe, variant=Own(layer)), tmp_path / layer.__name__)
        assert training.epochs_done(tmp_path / layer.__name__) == 0
    with untrained():
        training.train(dataclasses.replace(recipe, variant=Own(Registered)), tmp_path / "run")
    assert (tmp_path / "run" / "autoencoder.keras").exists()


def test_what_needs_the_trained_heads_is_refused_after_training_and_the_epochs_are_kept(
    tiny_recipe, tmp_path
):
    variant = Own(Registered, sampler=Unsaveable())
    recipe = dataclasses.replace(tiny_recipe, task=Reconstruction(), epochs=1, variant=variant)
    with (
        untrained(),
        pytest.raises(InputError, match=r"'mine' .* does not find Scaled .*; the epochs are kept"),
    ):
        training.train(recipe, tmp_path)
    assert training.epochs_done(tmp_path) == 1
    mended = dataclasses.replace(recipe, variant=dataclasses.replace(variant, sampler=StandardNormal()))
    (tmp_path / "recipe.json").unlink()  # the class has the same name where it is mended in its file
    save_settings(mended, tmp_path)
    training.train(mended, tmp_path, resume=True)
    assert (tmp_path / "sampler.keras").exists()


FILE = """
import dataclasses
import keras
import keras_ae
from test_saveable import Own, Scaled

@keras.saving.register_keras_serializable("mine")
class OfTheFile(Scaled):
    pass

data = keras_ae.Arrays([[0.0], [0.5], [1.0]] * 20)
recipe = dataclasses.replace(keras_ae.load_recipe("digits"), variant=Own(OfTheFile), data=data, epochs=1)
"""


def test_a_run_with_layers_of_the_recipes_file_is_loaded_with_that_file(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(FILE)
    with untrained():
        training.train(load("mine.py"), Path("runs/mine/001"))
    RunRequest("mine.py").write(Path("runs/mine/001"))
    del keras.saving.get_custom_objects()["mine>OfTheFile"]  # as in another process
    with pytest.raises(
        InputError, match=r"has OfTheFile, which the recipe's own file defines; name that file"
    ):
        load_artifacts(Path("runs/mine/001"))
    define_layers(Namespace(recipe="mine.py"), Path("runs/mine/001"))
    encoder = load_artifacts(Path("runs/mine/001")).heads.encoder
    assert "OfTheFile" in [type(layer).__name__ for layer in encoder.layers]

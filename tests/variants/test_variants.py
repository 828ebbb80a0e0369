"""The one contract that every variant keeps; variants are found by listing their folder."""

import dataclasses
import importlib
import pkgutil
from functools import cache

import keras
import numpy as np
import pytest
import tensorflow as tf
from conftest import eagerly, exporting

from keras_ae import losses, variants
from keras_ae.backbones.conv1d import Conv1DBackbone
from keras_ae.backbones.conv2d import ConvBackbone
from keras_ae.backbones.dense import DenseBackbone
from keras_ae.backbones.recurrent import RecurrentBackbone
from keras_ae.data.scaling import Scaler
from keras_ae.errors import InputError
from keras_ae.heads import Heads, ServableHeads, Spec, Term, apply
from keras_ae.serving.export import export_heads
from keras_ae.serving.graph import operations
from keras_ae.training.adversarial import AdversarialTrainer
from keras_ae.training.trainer import Trainer
from keras_ae.variants import Variant
from keras_ae.variants.undercomplete import Undercomplete
from keras_ae.variants.variational import Variational

MODULES = {
    info.name: importlib.import_module(f"keras_ae.variants.{info.name}")
    for info in pkgutil.iter_modules(variants.__path__)
}
IMAGE, SERIES = Spec((9, 6, 3), (9, 6, 3), "real"), Spec((13, 2), (13, 2), "real")
EXAMPLES = {name: module.EXAMPLE for name, module in MODULES.items()} | {
    "undercomplete-images": (Undercomplete(ConvBackbone((4, 8), smallest=2, hidden=8), 3), IMAGE),
    "undercomplete-series": (Undercomplete(Conv1DBackbone((4, 8), shortest=4), 3), SERIES),
    "undercomplete-linear": (
        Undercomplete(DenseBackbone((8,)), 3, linear_below=9),
        Spec((4, 3, 1), (4, 3, 1), "unit", 0, 8),
    ),
    "undercomplete-recurrent": (Undercomplete(RecurrentBackbone((8,)), 3), SERIES),
    "variational-images": (Variational(ConvBackbone((4, 8), smallest=2), 3), IMAGE),
    "variational-categorical": (
        Variational(DenseBackbone((8,)), 3),
        Spec((5, 4), (5, 4), "categorical"),
    ),
}


WITH_SKIPS = {"skip_connected", "color_distribution", "spectral_mask"}
"""Variants whose decoder takes more than a code."""

EXPORTED = {
    "adversarial": ("autoencoder",),
    "autoregressive": ("decoder",),
    "compressive": ("autoencoder",),
    "conditional": ("encoder", "decoder", "autoencoder"),
    "factor_analysis": ("autoencoder",),
    "masked": ("autoencoder",),
    "recurrent_variational": ("encoder", "decoder"),
    "skip_connected": ("autoencoder",),
    "spectral_mask": ("autoencoder",),
    "tabular": ("decoder",),
    "top_k": ("encoder", "decoder"),
    "vade": ("encoder", "prior"),
    "vector_quantized": ("encoder", "decoder", "prior"),
    "undercomplete-images": ("autoencoder",),
    "undercomplete-series": ("autoencoder",),
    "undercomplete-linear": ("autoencoder",),
    "undercomplete-recurrent": ("autoencoder",),
}
"""Heads to export: those of a graph that no other one has."""


@cache
def built(name):
    """Heads that no test changes."""
    variant, spec = EXAMPLES[name]
    keras.utils.set_random_seed(1)
    return variant, spec, variant.build(spec)


@pytest.fixture(params=EXAMPLES)
def example(request):
    return built(request.param)


@pytest.fixture
def changeable(example):
    """The heads, whose weights are put back after the test."""
    _, _, heads = example
    parts = [heads.trained, *([] if heads.critic is None else [heads.critic])]
    weights = [part.get_weights() for part in parts]
    yield heads
    for part, values in zip(parts, weights, strict=True):
        part.set_weights(values)


def batch_of(spec, count=4):
    """A batch as training gives it: (tensors by name, targets)."""
    random = np.random.default_rng(0)
    if spec.domain == "categorical":
        targets = np.eye(spec.target_shape[-1])[random.integers(0, 4, (count, *spec.target_shape[:-1]))]
        inputs = targets
    else:
        inputs, targets = (
            random.uniform(size=(count, *shape)) for shape in (spec.input_shape, spec.target_shape)
        )
    named = {
        "inputs": tf.constant(inputs, tf.float32),
        "targets": tf.constant(targets, tf.float32),
        "seeds": tf.constant(random.integers(0, 2**40, (count, 2))),
    }
    if spec.condition:
        named["condition"] = tf.one_hot(np.arange(count) % spec.condition, spec.condition)
    return named, named["targets"]


def loss_of(variant, spec):
    likelihood = getattr(variant, "likelihood", None)
    if likelihood is None:
        return losses.on_reconstruction(spec.domain.loss)
    return spec.domain.likelihood_by_name(likelihood)


def test_the_decoder_of_the_encoder_is_the_end_to_end_model(example):
    _, spec, heads = example
    named, _ = batch_of(spec)
    encoded = apply(heads.encoder, named)  # of which a decoder with skips takes more than the code
    apart = heads.decode(named | encoded)["reconstruction"]
    whole = apply(heads.end_to_end, named)["reconstruction"]
    assert whole.shape == (4, *spec.target_shape)
    np.testing.assert_allclose(apart, whole, rtol=1e-5, atol=1e-5)


def test_heads_share_every_weight(example):
    _, _, heads = example
    parts = {id(weight) for weight in heads.encoder.weights + heads.decoder.weights}
    assert parts == {id(weight) for weight in heads.end_to_end.weights}
    assert parts <= {id(weight) for weight in heads.trained.weights}


def test_terms_are_finite_for_each_example_or_for_the_batch(example):
    variant, spec, heads = example
    named, _ = batch_of(spec)
    outputs = apply(heads.trained, named, training=True) | {"targets": named["targets"], "progress": 0.5}
    values = tf.function(
        lambda: {term.name: term.value(outputs) for term in variant.terms()}, autograph=False
    )()
    for term in variant.terms():
        value = np.asarray(values[term.name])
        assert value.shape in ((4,), (), (4, heads.samples)), term.name
        assert np.isfinite(value).all(), term.name


def test_what_is_trained_is_a_pure_function_of_its_seeds(example):
    _, spec, heads = example
    named, _ = batch_of(spec)
    first, second = (apply(heads.trained, named) for _ in range(2))
    for name, value in first.items():
        # but for rounding: resampled they would differ widely
        np.testing.assert_allclose(value, second[name], rtol=1e-5, atol=1e-5)


def trainer_of(variant, spec, heads, learning_rate):
    trainer = Trainer(heads.trained, loss_of(variant, spec), variant.terms(), samples=heads.samples)
    if heads.critic is not None:
        parts = (heads.critic, variant.critic_terms())
        trainer = AdversarialTrainer(heads.trained, loss_of(variant, spec), variant.terms(), 1, 1, *parts)
    trainer.prepare(keras.optimizers.SGD(learning_rate))
    trainer.run_eagerly = True  # a graph of one step costs several
    return trainer


@pytest.mark.parametrize("name", MODULES)
def test_the_loss_is_the_same_sum_in_training_and_in_validation(name):
    """And what selects the epoch is that of the terms that select, told apart where there are others."""
    variant, spec, heads = built(name)
    weights = heads.trained.get_weights()  # a codebook moves without a step
    trainer = trainer_of(variant, spec, heads, learning_rate=0.0)
    trained = trainer.train_on_batch(*batch_of(spec), return_dict=True)
    trainer.reset_metrics()
    tested = trainer.test_on_batch(*batch_of(spec), return_dict=True)
    heads.trained.set_weights(weights)
    terms, critics = variant.terms(), {term.name for term in variant.critic_terms()}
    decay = ["weight_decay"] if trainer.model.losses else []
    assert set(trained) == {"loss", "reconstruction", *decay, *critics, *(term.name for term in terms)}
    apart = any(term.schedule or not term.selects for term in terms)
    assert set(tested) - set(trained) == ({"selection"} if apart else set())

    def addends(logs, progress, chosen):
        parts = [logs[name] for name in ("reconstruction", *decay)]
        schedules = {term.name: term.schedule(tf.constant(progress)) for term in chosen if term.schedule}
        return parts + [
            term.weight * float(schedules.get(term.name, 1.0)) * logs[term.name] for term in chosen
        ]

    for logs, progress in ((trained, 0.0), (tested, 1.0)):
        parts = addends(logs, progress, terms)
        rounding = 1e-5 * max(map(abs, parts))  # of sums of float32 in another order
        if heads.samples > 1:  # the bound over several samples is below the mean of their sums (Jensen)
            assert logs["loss"] < sum(parts) + rounding
        else:
            assert logs["loss"] == pytest.approx(sum(parts), abs=rounding)
    if apart:
        parts = addends(tested, 1.0, [term for term in terms if term.selects])
        assert tested["selection"] == pytest.approx(sum(parts), rel=1e-5)
    if heads.samples > 1:
        assert tested["loss"] == pytest.approx(trained["loss"], rel=1e-5)


def test_one_step_changes_every_trainable_weight(example, changeable):
    variant, spec, heads = example
    trainer = trainer_of(variant, spec, heads, learning_rate=0.1)
    for weight in heads.trained.trainable_weights:
        if weight.name == "gain":  # begins at 0, and would keep the layers before it for a step
            weight.assign(1.0)
    before = [np.array(weight) for weight in heads.trained.trainable_weights]
    trainer.train_on_batch(*batch_of(spec, 16))
    for weight, old in zip(heads.trained.trainable_weights, before, strict=True):
        assert not np.array_equal(np.array(weight), old), weight.path
        assert np.isfinite(np.array(weight)).all(), weight.path


def some(names):
    """These examples; the others, which have no layers of their own, among the slow."""
    marks = {name: () if name in names else pytest.mark.slow for name in EXAMPLES}
    return pytest.mark.parametrize(
        "example", [pytest.param(name, marks=marks[name]) for name in EXAMPLES], indirect=True
    )


@some({*EXPORTED, "factor_vae"})
def test_all_that_is_trained_survives_a_file_of_weights(changeable, tmp_path):
    model = changeable.trained
    model.save_weights(tmp_path / "trained.weights.h5")
    before = model.get_weights()
    model.set_weights([weight + 1 for weight in before])
    model.load_weights(tmp_path / "trained.weights.h5")
    for weight, old in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, old)


def test_every_kind_of_layer_is_exported():
    kinds = {
        name: {type(layer) for layer in built(name)[2].end_to_end._flatten_layers()} for name in EXAMPLES
    }
    assert set.union(*kinds.values()) == set.union(*(kinds[name] for name in EXPORTED))


@some(EXPORTED)
def test_heads_survive_a_keras_file(example, tmp_path):
    _, spec, heads = example
    named, _ = batch_of(spec)
    heads.end_to_end.save(tmp_path / "model.keras")
    loaded = Heads.of(keras.models.load_model(tmp_path / "model.keras", compile=False, safe_mode=True))
    for weight, other in zip(heads.end_to_end.weights, loaded.end_to_end.weights, strict=True):
        np.testing.assert_array_equal(other, weight)
    for head in ("encoder",) if heads.choices_shape else ("encoder", "end_to_end"):  # slow step by step
        for name, value in apply(getattr(heads, head), named).items():  # of two models: within rounding
            found = apply(getattr(loaded, head), named)[name]
            np.testing.assert_allclose(found, value, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", EXPORTED)
def test_heads_survive_an_export(name, tmp_path):
    _, spec, heads = built(name)
    named, _ = batch_of(spec)
    # as values of any range, so that the signatures of images, which no variant changes, are left out
    units = Scaler("real" if spec.domain == "unit" else spec.domain, np.float32(0), np.float32(1))
    given = {name: named[name].numpy() for name in ("inputs", "condition") if name in named}
    with exporting(*EXPORTED[name]):
        # compares, refuses to draw
        folders = export_heads(ServableHeads(heads, units, given), "variant", {}, tmp_path)
    for folder in folders.values():
        nodes = operations(folder)["serving_default"]
        assert len({node.op for node in nodes}) > 2


def test_the_outputs_lie_in_the_targets_domain(example):
    _, spec, heads = example
    named, _ = batch_of(spec)
    inputs = 100 * np.array(named["inputs"])
    if spec.domain.layout is not None:
        inputs[:, spec.domain.layout.flags] = 0  # what is missing counts for nothing
    output = np.asarray(
        apply(heads.end_to_end, named | {"inputs": keras.ops.convert_to_tensor(inputs)})["reconstruction"]
    )
    inside = (output >= 0).all() and (output <= 1).all()
    assert inside == (spec.domain.kind not in ("real", "table"))
    if spec.domain == "categorical":
        sums = output.sum(axis=-1)
        ended = (sums == 0) & (built("recurrent_variational")[2] is heads)  # after the end of a sequence
        np.testing.assert_allclose(np.where(ended, 1.0, sums), 1.0, rtol=1e-5)


def test_every_variant_but_those_with_skips_has_a_code_that_stands_alone():
    alone = {name for name in MODULES if built(name)[2].takes_code_alone}
    assert set(MODULES) - alone == WITH_SKIPS


@pytest.mark.parametrize("name", [name for name in MODULES if name not in WITH_SKIPS])
def test_a_variant_has_a_backbone_and_a_code_size_to_be_compared_at(name):
    fields = {field.name for field in dataclasses.fields(MODULES[name].EXAMPLE[0])}
    assert {"backbone", "latent_dim"} <= fields
    with pytest.raises(InputError, match="latent_dim must be at least 1, received 0"):
        dataclasses.replace(MODULES[name].EXAMPLE[0], latent_dim=0)


@dataclasses.dataclass(frozen=True)
class Tiny(Variant):
    """All that a new variant is: one class of a backbone, a code size, three models and its terms."""

    backbone: DenseBackbone = DenseBackbone(())
    latent_dim: int = 2

    def build(self, spec):
        inputs = keras.Input(spec.input_shape, name="inputs")
        code = keras.layers.Dense(self.latent_dim, name="encoder_code")(self.backbone.encode(inputs))
        encoder = keras.Model({"inputs": inputs}, {"code": code}, name="encoder")
        code = keras.Input((self.latent_dim,), name="code")
        output = keras.layers.Activation(spec.activation)(self.backbone.decode(code, spec.target_shape))
        return Heads.join(encoder, keras.Model({"code": code}, {"reconstruction": output}, name="decoder"))

    def terms(self):
        return (Term("square", lambda outputs: keras.ops.sum(keras.ops.square(outputs["code"]), -1), 1e-3),)


def test_a_variant_of_ones_own_file_trains_and_exports(tmp_path, monkeypatch):
    """One file and no edit elsewhere: the variant stands in a user's recipe."""
    from pathlib import Path

    from keras_ae.cli import main

    source = Path(__file__).read_text()
    lines = source[source.index("@dataclasses.dataclass(frozen=True)\nclass Tiny(Variant)") :].split(
        "\n\n\n"
    )[0]
    (tmp_path / "mine.py").write_text(
        "import dataclasses\nimport keras\n"
        "from keras_ae.backbones.dense import DenseBackbone\n"
        "from keras_ae.data.arrays import ArrayFile\n"
        "from keras_ae.data.dataset import Sample\n"
        "from keras_ae.heads import Heads, Term\n"
        "from keras_ae.recipe import Recipe\n"
        "from keras_ae.tasks.reconstruction import Reconstruction\n"
        "from keras_ae.variants import Variant\n\n\n"
        f"{lines}\n\n\n"
        "recipe = Recipe(Sample(ArrayFile('x')), Tiny(), Reconstruction(), epochs=1, batch_size=64)\n"
    )
    monkeypatch.chdir(tmp_path)
    with eagerly(), exporting("encoder"):
        assert main(["train", "mine.py", "--set", "variant.latent_dim=3"]) == 0
    assert (tmp_path / "saved_models" / "mine" / "encoder" / "1" / "saved_model.pb").exists()

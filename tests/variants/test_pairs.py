"""Every variant with every backbone: what builds, and why the rest does not, as the guide's table has it."""

import dataclasses
import importlib
import pkgutil
import re
from functools import cache
from itertools import takewhile
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_ae import backbones, variants
from keras_ae.backbones.bidirectional import BidirectionalBackbone
from keras_ae.backbones.conv1d import Conv1DBackbone
from keras_ae.backbones.conv2d import ConvBackbone
from keras_ae.backbones.conv3d import Conv3DBackbone
from keras_ae.backbones.dense import DenseBackbone
from keras_ae.backbones.patches import PatchBackbone
from keras_ae.backbones.recurrent import RecurrentBackbone
from keras_ae.backbones.sequence import SequenceBackbone
from keras_ae.backbones.steps import StepsBackbone
from keras_ae.backbones.transformer import TransformerBackbone
from keras_ae.domains import CATEGORICAL, UNIT
from keras_ae.errors import InputError
from keras_ae.files import class_names
from keras_ae.heads import Backbone, Spec
from keras_ae.losses import LIKELIHOODS, on_reconstruction
from keras_ae.training.adversarial import AdversarialTrainer
from keras_ae.training.trainer import Trainer

VARIANTS = {
    info.name: importlib.import_module(f"keras_ae.variants.{info.name}").EXAMPLE[0]
    for info in pkgutil.iter_modules(variants.__path__)
}
IMAGE, SERIES, CLIP = (4, 4, 2), (4, 2), (2, 4, 4, 2)
COLUMNS = {
    "Dense": (DenseBackbone(()), IMAGE),
    "Dense, tied": (DenseBackbone((), tied=True), IMAGE),
    "Conv": (ConvBackbone((2,)), IMAGE),
    "Conv, tied": (ConvBackbone((2,), up="transposed", tied=True), IMAGE),
    "Conv1D": (Conv1DBackbone((2,)), SERIES),
    "Conv3D": (Conv3DBackbone((2,)), CLIP),
    "Recurrent": (RecurrentBackbone((2,)), SERIES),
    "Steps": (StepsBackbone((2,)), IMAGE),
    "Sequence": (SequenceBackbone((2,)), SERIES),
    "Bidirectional": (BidirectionalBackbone((2,), embedding_dim=2), SERIES),
    "Transformer": (TransformerBackbone(4, depth=1, heads=1), SERIES),
    "Patch": (PatchBackbone(4, width=4, depth=1, heads=1), IMAGE),
}
"""A small one of each backbone, and the shape of an example for it."""

WITHOUT = {"regularized": {"lambda_gp": 0.0}}
"""What an example has and the class's defaults do not, which only some backbones allow."""

README = Path(variants.__file__).with_name("README.md")


def spec_of(name, shape):
    if name in ("autoregressive", "recurrent_variational"):
        return Spec(shape, shape, CATEGORICAL)
    return Spec(shape, shape, UNIT, condition=3 if name == "conditional" else 0)


def variant_with(name, backbone):
    return dataclasses.replace(VARIANTS[name], backbone=backbone, **WITHOUT.get(name, {}))


@cache
def refusal(name, column):
    """Why a variant does not take a backbone; "" if it does."""
    backbone, shape = COLUMNS[column]
    if "backbone" not in {field.name for field in dataclasses.fields(VARIANTS[name])}:
        return "it has layers of its own, and no field for a backbone"
    try:
        heads = variant_with(name, backbone).build(spec_of(name, shape))
    except InputError as error:
        return re.sub(r", received [A-Z].*", "", str(error).split("; ")[0])
    assert heads.end_to_end.output["reconstruction"].shape == (None, *shape)
    return ""


def table():
    """The table of the guide, with a number for each reason."""
    reasons: list[str] = []
    lines = [f"| | {' | '.join(COLUMNS)} |", "|---|" + ":---:|" * len(COLUMNS)]
    for name, variant in VARIANTS.items():
        cells = []
        for column in COLUMNS:
            reason = refusal(name, column)
            if reason and reason not in reasons:
                reasons.append(reason)
            cells.append(f"{reasons.index(reason) + 1}" if reason else "yes")
        lines.append(f"| `{type(variant).__name__}` | {' | '.join(cells)} |")
    return "\n".join([*lines, "", *(f"{number}. {reason}" for number, reason in enumerate(reasons, start=1))])


def told():
    """What the guide's table has for a variant and a backbone: why they do not build, or ""."""
    lines = README.read_text(encoding="utf-8").splitlines()
    head = lines.index(f"| | {' | '.join(COLUMNS)} |")
    below = lines[head + 2 :]
    rows = [line.strip("| ").split(" | ") for line in below[: len(VARIANTS)]]
    numbered = takewhile(bool, below[len(VARIANTS) + 1 :])
    reasons = dict(line.split(". ", 1) for line in numbered)
    assert [row[0] for row in rows] == [f"`{type(variant).__name__}`" for variant in VARIANTS.values()]
    return {
        (name, column): "" if cell == "yes" else reasons[cell]
        for name, (_, *cells) in zip(VARIANTS, rows, strict=True)
        for column, cell in zip(COLUMNS, cells, strict=True)
    }


def test_the_guides_table_is_what_builds_in_two_columns_of_each_line():
    """Others in each line, so that all columns are looked at."""
    expected = told()
    for row, name in enumerate(VARIANTS):
        for number, column in enumerate(COLUMNS):
            if (row + number) % 6 == 0:
                assert refusal(name, column) == expected[name, column], (name, column)


@pytest.mark.slow
def test_the_guides_table_is_what_builds():
    expected = table()
    assert expected in README.read_text(encoding="utf-8"), f"write this into {README}:\n{expected}"


def test_every_backbone_has_a_column():
    shown = {type(backbone).__name__ for backbone, _ in COLUMNS.values()}
    assert shown == set(class_names(backbones, Backbone))


RICH = {"normalization": "batch", "residual_blocks": 1, "dropout": 0.2, "activation": "leaky_relu"}
POOLED = ConvBackbone((2, 3), smallest=2, down="max_pool", up="nearest", **RICH)
TRANSPOSED = Conv1DBackbone(
    (2, 3), (3, 2), shortest=2, padding="valid", up="transposed", normalization="group"
)
FEW = {
    ("contractive", POOLED),
    ("factor_vae", TRANSPOSED),
    ("vector_quantized", POOLED),
    ("conditional", TRANSPOSED),
}


def one_step(name, backbone, shape):
    """Trains a variant on a batch, and checks that all that is trained has moved."""
    keras.utils.set_random_seed(1)
    variant, spec = variant_with(name, backbone), spec_of(name, shape)
    heads, random = variant.build(spec), np.random.default_rng(0)
    loss = on_reconstruction(spec.domain.loss)
    if variant.likelihood is not None:
        loss = LIKELIHOODS[spec.domain.likelihood if variant.likelihood == "auto" else variant.likelihood]
    more = {} if heads.critic is None else {"critic": heads.critic, "critic_terms": variant.critic_terms()}
    kind = Trainer if heads.critic is None else AdversarialTrainer
    trainer = kind(heads.trained, loss, variant.terms(), samples=heads.samples, **more)
    trainer.prepare(keras.optimizers.SGD(0.1))
    trainer.run_eagerly = True
    values = random.uniform(size=(8, *shape)).astype("float32")
    if spec.domain.one_hot:
        values = np.eye(shape[-1], dtype="float32")[random.integers(0, shape[-1], (8, *shape[:-1]))]
    named = {"inputs": values, "targets": values, "seeds": tf.constant(random.integers(0, 2**40, (8, 2)))}
    if spec.condition:
        named["condition"] = tf.one_hot(np.arange(8) % spec.condition, spec.condition)
    before = [np.array(weight) for weight in heads.trained.trainable_weights]
    assert np.isfinite(trainer.train_on_batch(named, values, return_dict=True)["loss"])
    after = [np.array(weight) for weight in heads.trained.trainable_weights]
    assert all(np.isfinite(weight).all() for weight in after)
    moved = [(new != old).any() for new, old in zip(after, before, strict=True)]
    assert np.mean(moved) > 0.8  # but for those of units that a rectifier turns off for so small a batch


@pytest.mark.parametrize(
    ("name", "backbone"),
    [
        pytest.param(name, backbone, marks=() if (name, backbone) in FEW else pytest.mark.slow)
        for name in VARIANTS
        if name not in ("autoregressive", "recurrent_variational", "masked", "skip_connected", "stacked")
        for backbone in (POOLED, TRANSPOSED)
    ],
)
def test_variants_train_pooled_transposed_and_normalized_levels(name, backbone):
    one_step(name, backbone, (6, 6, 1) if backbone is POOLED else (8, 2))


@pytest.mark.slow
@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("name", VARIANTS)
def test_every_pair_trains_a_step(name, column):
    if not refusal(name, column):
        one_step(name, *COLUMNS[column])


if __name__ == "__main__":
    print(table())

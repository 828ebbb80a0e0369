"""The rows of the table: what is measured of a trained model, and of PCA beside them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.decomposition import PCA

from keras_ae.blocks.samplers import FittedMixture, code_sampler, generate
from keras_ae.data.pipeline import PairedData
from keras_ae.data.types import Data, values
from keras_ae.heads import apply
from keras_ae.metrics.classifier import train_classifier
from keras_ae.metrics.codes import active_units, cluster_agreement, linear_probe
from keras_ae.metrics.disentanglement import beta_vae_score, information_gaps, mutual_information_gap
from keras_ae.metrics.reconstruction import mean_metrics
from keras_ae.metrics.samples import frechet_distance
from keras_ae.recipe import Recipe
from keras_ae.runs.evaluation import reconstructor
from keras_ae.runs.run import MOST_FITTED, Run
from keras_ae.tensorboard.final import grid_examples

SAMPLES = 2000


@dataclass(frozen=True, eq=False)
class Row:
    """A line of the table, and its images.

    figures: by column. reconstructions, samples: (10, ...) each; samples may be None.
    """

    name: str
    metrics: dict[str, float]
    reconstructions: np.ndarray
    samples: np.ndarray | None


def measured(run: Run) -> Row:
    """The row of a trained model."""
    data = run.data
    scores = mean_metrics(reconstructor(run.heads.end_to_end), run.paired.test_batches(), data.domain)
    train_split = data.train.thin(MOST_FITTED)
    encoded = run.encode(train_split)
    figures = {
        "parameters": run.heads.end_to_end.count_params(),
        "code": run.latent_dim,
        "seconds": float(np.median([epoch["seconds"] for epoch in run.history])),
        "mse": scores["mse"],
        "excess_crossentropy": scores["excess_crossentropy"],
        **_of_codes(_numbers(encoded), train_split.labels, _numbers(run.encode(data.test)), data),
    }
    if "quantized" in encoded:
        del figures["active_units"]  # it would count the numbers of the vectors that the codes stand for
    named, _ = grid_examples(data.test, run.paired)
    reconstructions = np.asarray(apply(run.heads.end_to_end, named)["reconstruction"])
    samples = None
    sampler = run.recipe.variant.sampler
    mixture = FittedMixture() if np.issubdtype(encoded["code"].dtype, np.floating) else None
    for column, kind in (("frechet_mixture", mixture), ("frechet_prior", sampler)):
        if kind is not None:
            labels = np.arange(SAMPLES) % max(1, data.classes)
            drawn = generate(
                run.heads, code_sampler(kind.fit(run.heads, encoded))(SAMPLES, 0), labels, data.classes
            )
            samples = drawn[:10]
            figures |= _frechet(column, drawn, data)
    return Row(run.name, figures, reconstructions, samples)


def principal_components(recipe: Recipe, data: Data, size: int) -> Row:
    """PCA of a code size, by scikit-learn, as a row beside those of a recipe's variants."""
    train_split = data.train.thin(MOST_FITTED)
    flat = {
        name: np.asarray(values(split.examples)).reshape(len(split), -1)
        for name, split in (("train", train_split), ("test", data.test))
    }
    size = min(size, *flat["train"].shape)
    pca = PCA(size, random_state=0).fit(flat["train"])
    codes = {name: pca.transform(part).astype(np.float32) for name, part in flat.items()}

    def decode(part):
        return pca.inverse_transform(part).clip(0, 1).reshape(-1, *data.test.shape).astype(np.float32)

    paired = PairedData(data, recipe.task, recipe.seed)
    scores = mean_metrics(
        lambda named: decode(pca.transform(np.asarray(named["inputs"]).reshape(len(named["inputs"]), -1))),
        paired.test_batches(),
        data.domain,
    )
    drawn = decode(code_sampler(FittedMixture().fit(None, {"code": codes["train"]}))(SAMPLES, 0)["code"])
    figures = {
        "parameters": pca.components_.size + pca.mean_.size,
        "code": size,
        "mse": scores["mse"],
        "excess_crossentropy": scores["excess_crossentropy"],
        **_of_codes(codes["train"], train_split.labels, codes["test"], data),
        **_frechet("frechet_mixture", drawn, data),
    }
    named, _ = grid_examples(data.test, paired)
    shown = pca.transform(np.asarray(named["inputs"]).reshape(len(named["inputs"]), -1))
    return Row("PCA", figures, decode(shown), drawn[:10])


def _numbers(encoded):
    """Codes to measure with: of quantized ones the vectors that the numbers stand for."""
    return encoded.get("quantized", encoded["code"])


def _of_codes(train_codes, train_labels, test_codes, data):
    """What the codes alone tell."""
    train_codes, test_codes = (part.reshape(len(part), -1) for part in (train_codes, test_codes))
    found = {"active_units": active_units(test_codes)}
    if data.classes and len(np.unique(train_labels)) > 1:  # else there is nothing to tell apart
        found["probe"] = linear_probe((train_codes, train_labels), (test_codes, data.test.labels))
        found["nmi"] = cluster_agreement(test_codes, data.test.labels)
    return found if data.factors is None else found | disentangled(test_codes, data)


def disentangled(test_codes: np.ndarray, data: Data) -> dict[str, float]:
    """The measures of codes (n, latent_dim) of the test split by the factors that it was drawn from.

    Of the test split, like all other figures: settings are then free to be chosen by the validation split.
    Besides the table's columns the gap of each factor, "mig_" and its name. A factor that does not vary
    has none, and with one factor there is no score. Raises ValueError for codes of other examples.
    """
    factors = data.factors["test"]
    each = information_gaps(test_codes, factors)
    found = {
        f"mig_{name}": float(gap)
        for name, gap in zip(data.factor_names, each, strict=True)
        if np.isfinite(gap)
    }
    varying = len(found)
    if varying:
        found["mig"] = mutual_information_gap(test_codes, factors)
    if varying > 1:
        found["beta_vae_score"] = beta_vae_score(test_codes, factors)
    return found


def _frechet(column, samples, data):
    if not data.classes or len(data.test) < 2:
        return {}
    classifier = train_classifier(data)
    real = np.asarray(values(data.test.thin(SAMPLES).examples))
    return {column: frechet_distance(classifier(samples)["features"], classifier(real)["features"])}

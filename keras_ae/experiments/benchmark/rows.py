"""The rows of the table: the metrics of a trained model, and those of PCA."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.decomposition import PCA

from keras_ae.blocks.samplers import FittedMixture, code_sampler, generate
from keras_ae.data.few_labels import few_labeled
from keras_ae.data.pipeline import PairedData
from keras_ae.data.tensors import values
from keras_ae.data.types import Data
from keras_ae.heads import apply
from keras_ae.metrics.checkerboard import checkerboard
from keras_ae.metrics.classifier import train_classifier
from keras_ae.metrics.codes import active_units, cluster_agreement, linear_probe
from keras_ae.metrics.disentanglement import beta_vae_score, information_gaps, mutual_information_gap
from keras_ae.metrics.probes import accuracies, linear_probes, nearest_probes
from keras_ae.metrics.reconstruction import mean_metrics
from keras_ae.metrics.samples import frechet_distance
from keras_ae.recipe import Recipe
from keras_ae.runs.evaluation import reconstructor
from keras_ae.runs.run import MOST_FITTED, Run
from keras_ae.tensorboard.final import grid_examples

__all__ = ["Row", "disentanglement_metrics", "principal_components", "row_of_run"]

FEW_LABELS, LABEL_SETS = 100, 5
"""Labels of the probe with few of them, and sets of so many that its accuracy is a mean of."""

SAMPLES = 2000
"""Samples whose Frechet distance to the test examples is in the table."""


@dataclass(frozen=True, eq=False)
class Row:
    """A row of the table, and its images.

    Attributes:
        name: The variant's name.
        metrics: Metrics by column.
        reconstructions: (10, ...), of test examples.
        samples: (10, ...); None for a variant that does not generate.
    """

    name: str
    metrics: dict[str, float]
    reconstructions: np.ndarray
    samples: np.ndarray | None


def row_of_run(run: Run) -> Row:
    """The row of a trained model.

    Args:
        run: A finished run.

    Returns:
        Its metrics and images.
    """
    data = run.data
    means = mean_metrics(reconstructor(run.heads.end_to_end), run.paired.test_batches(), data.domain)
    train_split = data.train.thin(MOST_FITTED)
    encoded = run.encode(train_split)
    metrics = {
        "parameters": run.heads.end_to_end.count_params(),
        "code": run.latent_dim,
        "seconds": float(np.median([epoch["seconds"] for epoch in run.history])),
        "mse": means["mse"],
        "excess_crossentropy": means["excess_crossentropy"],
        **_pattern(reconstructor(run.heads.end_to_end), run.paired),
        **_of_codes(_numbers(encoded), train_split.labels, _numbers(run.encode(data.test)), data),
    }
    if "quantized" in encoded:
        del metrics["active_units"]  # it would count the numbers of the codes' vectors
    inputs, _ = grid_examples(data.test, run.paired)
    reconstructions = np.asarray(apply(run.heads.end_to_end, inputs)["reconstruction"])
    samples = None
    sampler = run.recipe.variant.sampler
    mixture = FittedMixture() if np.issubdtype(encoded["code"].dtype, np.floating) else None
    for column, kind in (("frechet_mixture", mixture), ("frechet_prior", sampler)):
        if kind is not None:
            labels = np.arange(SAMPLES) % max(1, data.classes)
            generated = generate(
                run.heads, code_sampler(kind.fit(run.heads, encoded))(SAMPLES, 0), labels, data.classes
            )
            samples = generated[:10]
            metrics |= _frechet(column, generated, data)
    return Row(run.name, metrics, reconstructions, samples)


def principal_components(recipe: Recipe, data: Data, size: int) -> Row:
    """The row of a principal component analysis.

    Args:
        recipe: A recipe of the table, whose task and seed are taken.
        data: The data.
        size: Principal components; at most as many as there are examples or numbers in one.

    Returns:
        Its metrics and images.
    """
    train_split = data.train.thin(MOST_FITTED)
    flat = np.asarray(values(train_split.examples)).reshape(len(train_split), -1)
    size = min(size, *flat.shape)
    pca = PCA(size, random_state=0).fit(flat)

    def codes_of(inputs):
        return pca.transform(np.asarray(inputs["inputs"]).reshape(len(inputs["inputs"]), -1))

    codes = {
        name: np.concatenate([codes_of({"inputs": values(block)}) for block in split.blocks()])
        for name, split in (("train", train_split), ("test", data.test))
    }
    codes = {name: part.astype(np.float32) for name, part in codes.items()}

    def decode(part):
        return pca.inverse_transform(part).clip(0, 1).reshape(-1, *data.test.shape).astype(np.float32)

    paired = PairedData(data, recipe.task, recipe.seed)
    means = mean_metrics(
        lambda inputs: decode(codes_of(inputs)),
        paired.test_batches(),
        data.domain,
    )
    samples = decode(code_sampler(FittedMixture().fit(None, {"code": codes["train"]}))(SAMPLES, 0)["code"])
    metrics = {
        "parameters": pca.components_.size + pca.mean_.size,
        "code": size,
        "mse": means["mse"],
        "excess_crossentropy": means["excess_crossentropy"],
        **_pattern(lambda inputs: decode(codes_of(inputs)), paired),
        **_of_codes(codes["train"], train_split.labels, codes["test"], data),
        **_frechet("frechet_mixture", samples, data),
    }
    inputs, _ = grid_examples(data.test, paired)
    return Row("PCA", metrics, decode(codes_of(inputs)), samples[:10])


def _pattern(reconstruct, paired):
    """The checkerboard in the errors of test images."""
    errors = [np.asarray(reconstruct(inputs)) - targets for inputs, targets in paired.test_batches()]
    value = checkerboard(np.concatenate(errors))
    return {} if value is None else {"checkerboard": value}


def _numbers(encoded):
    """Real-valued codes: for discrete ones the vectors of the codebook."""
    return encoded.get("quantized", encoded["code"])


def _of_codes(train_codes, train_labels, test_codes, data):
    """Metrics of the codes alone."""
    train_codes, test_codes = (part.reshape(len(part), -1) for part in (train_codes, test_codes))
    metrics: dict[str, float] = {"active_units": active_units(test_codes)}
    if data.classes and len(np.unique(train_labels)) > 1:  # else there is nothing to distinguish
        metrics["probe"] = linear_probe((train_codes, train_labels), (test_codes, data.test.labels))
        metrics |= _few_labels_and_neighbors(train_codes, train_labels, test_codes, data.test.labels)
        metrics["nmi"] = cluster_agreement(test_codes, data.test.labels)
    return metrics if data.factors is None else metrics | disentanglement_metrics(test_codes, data)


def _few_labels_and_neighbors(train_codes, train_labels, test_codes, test_labels):
    """Accuracy of a linear probe with few labels, of nearest neighbors with all."""
    features = {"train": train_codes, "test": test_codes}
    labels = {"train": np.asarray(train_labels), "test": np.asarray(test_labels)}
    [neighbors] = accuracies(nearest_probes, features, labels, [np.arange(len(train_codes))])
    metrics = {"knn": neighbors}
    if len(np.unique(train_labels)) <= FEW_LABELS < len(train_codes):
        sets = [few_labeled(labels["train"], FEW_LABELS, seed) for seed in range(LABEL_SETS)]
        metrics["probe_100"] = float(np.mean(accuracies(linear_probes, features, labels, sets)))
    return metrics


def disentanglement_metrics(test_codes: np.ndarray, data: Data) -> dict[str, float]:
    """How well each factor that the test examples vary in has a dimension of its own.

    Args:
        test_codes: (n, latent_dim), of the test split, so that settings may be chosen by the validation
            split.
        data: The data, whose factors are known.

    Returns:
        "mig" and "beta_vae_score", and for each factor that varies its gap as "mig_" and its name. With
        one such factor there is no "beta_vae_score".

    Raises:
        ValueError: The codes are of other examples.
    """
    assert data.factors is not None  # as callers make sure
    factors = data.factors["test"]
    each = information_gaps(test_codes, factors)
    metrics = {
        f"mig_{name}": float(gap)
        for name, gap in zip(data.factor_names, each, strict=True)
        if np.isfinite(gap)
    }
    varying = len(metrics)
    if varying:
        metrics["mig"] = mutual_information_gap(test_codes, factors)
    if varying > 1:
        metrics["beta_vae_score"] = beta_vae_score(test_codes, factors)
    return metrics


def _frechet(column, samples, data):
    if not data.classes or len(data.test) < 2:
        return {}
    classifier = train_classifier(data)
    real = np.asarray(values(data.test.thin(SAMPLES).examples))
    return {column: frechet_distance(classifier(samples)["features"], classifier(real)["features"])}

"""Clustering: the codes of a network that learned without labels, in clusters that it can be served with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from keras_ae.blocks.samplers import CodeSampler
from keras_ae.data.augmentation import Augmentation, augmented, check_augmentations
from keras_ae.data.examples import Split
from keras_ae.data.tensors import values
from keras_ae.data.types import Data
from keras_ae.errors import InputError
from keras_ae.heads import Heads, ServedHead, TrainedHeads, apply, batched
from keras_ae.tasks import Task
from keras_ae.tasks.baselines import Predictor
from keras_ae.tasks.cluster_methods import BestClusters, ClusterMethod, KMeans, fitted_clusters
from keras_ae.tasks.reconstruction import Reconstruction

__all__ = ["LatentClustering"]

MOST_CLUSTERED, MOST_VALUES = 100_000, 2**27
"""Training examples, and values in total, whose codes are clustered, at most."""

SHOWN = 10
"""Examples of each cluster in an image."""


@dataclass(frozen=True)
class LatentClustering(Task):
    """Trains by reconstruction, then clusters the codes; labels only tell how well.

    Attributes:
        method: How codes are clustered, and how the number of clusters is chosen where it is not given.
        invariant_to: How the network's inputs are changed at random; it reconstructs the unchanged example,
            so its code learns what a change leaves as it is.
    """

    method: ClusterMethod = BestClusters()
    invariant_to: tuple[Augmentation, ...] = ()

    @property
    def compared(self) -> tuple[str, ...]:
        """The accuracy of the clusters."""
        return ("cluster_accuracy",)

    def prepare(self, data: Data) -> Data:
        """The data as they are.

        Args:
            data: As the data set loads it.

        Returns:
            The data.

        Raises:
            InputError: For changes that the examples do not allow.
        """
        try:
            check_augmentations(self.invariant_to, data)
        except InputError as error:
            raise InputError(str(error).replace("augment=", "task.invariant_to=")) from error
        return data

    def check(self, heads: Heads, data: Data) -> None:
        """Refuses heads whose codes cannot be clustered, and too few examples, before they are trained."""
        count, least = len(data.train), self.method.least_examples
        if count < least:
            method = type(self.method).__name__
            raise InputError(
                f"expected at least {least} training examples for {method}, received {count}; "
                'use fewer clusters, SET="task.method.clusters=2", or more data'
            )
        code = heads.encoder.output["code"]
        names = {tensor.name for tensor in heads.encoder.inputs}
        if "float" not in str(code.dtype) or None in code.shape[1:] or names != {"inputs"}:
            raise InputError(
                f"clustering takes codes of one size, of real numbers and of the inputs alone; received "
                f"{code.dtype} of shape {code.shape[1:]} from {', '.join(sorted(names))}; use a variant such "
                "as Undercomplete, and images of one size"
            )
        self.method.check(heads.encoder)

    def pair(self, examples: Any, seeds: Any, domain: str) -> tuple[Any, Any]:
        """examples (batch, ...) -> (changed, examples)."""
        return augmented(self.invariant_to, examples, seeds, domain), examples

    def baselines(self, data: Data, seed: int, latent_dim: int) -> dict[str, Predictor]:
        """PCA with codes of the same size, where nothing is changed."""
        return {} if self.invariant_to else Reconstruction().baselines(data, seed, latent_dim)

    def rows(self, inputs: Any, targets: Any, reconstruction: Any) -> dict[str, object]:
        return {"input": inputs, "reconstruction": reconstruction}

    def served_heads(self, trained: TrainedHeads) -> tuple[ServedHead, ...]:
        """The clusters: {"inputs"} -> "cluster" (batch,), and "probabilities" (batch, clusters)."""
        heads, data = trained.heads, trained.data
        codes = _codes(heads, data.train)
        clusters = fitted_clusters(self.method, codes)
        inputs = keras.Input(heads.encoder.get_layer("inputs").output.shape[1:], name="inputs")
        encoded = apply(heads.encoder, {"inputs": inputs})
        if clusters.layer is None:
            probabilities = encoded["cluster_probabilities"]
        else:
            layer = type(clusters.layer).from_config(clusters.layer.get_config())
            layer.set_weights(clusters.layer.get_weights())
            probabilities = layer(layers.Flatten(name="flat_code")(encoded["code"]))
        outputs = {"cluster": ops.argmax(probabilities, axis=-1), "probabilities": probabilities}
        model = keras.Model({"inputs": inputs}, outputs, name="cluster")
        assigned = _assigned(model, data.train)
        facts = {
            "method": str(clusters.method),
            "clusters": probabilities.shape[-1],
            "training_examples": np.bincount(assigned, minlength=probabilities.shape[-1]).tolist(),
            **clusters.facts,
        }
        return (ServedHead("cluster", model, facts),)

    def further_metrics(
        self, heads: Heads, data: Data, seed: int, sample_codes: CodeSampler | None
    ) -> dict[str, dict[str, float]]:
        """Metrics of the clusters of test examples, as the served head gives them.

        * silhouette: How much nearer codes are to their own cluster than to the next, in [-1, 1].
        * clusters: How many there are.
        * cluster_accuracy, nmi, ari: Agreement with labels, if there are some; also of k-means on the inputs,
          with as many clusters.
        """
        from keras_ae.metrics.clustering import agreement, separation  # scikit-learn, which evaluation takes

        (served,) = self.served_heads(TrainedHeads(heads, data))
        test, count = _some(data.test), served.facts["clusters"]
        assigned = _assigned(served.model, test)
        model = {"clusters": count, "silhouette": separation(_codes(heads, test), assigned)}
        if test.labels is None or not data.classes:
            return {"model": model}
        means = KMeans(count).fit(_flat(data.train).astype(np.float64)).layer
        assert means is not None
        plain = batched(lambda inputs: {"cluster": means(inputs["flat"])}, {"flat": _flat(test)})["cluster"]
        return {
            "k-means on inputs": {"clusters": count, **agreement(plain.argmax(axis=1), test.labels)},
            "model": model | agreement(assigned, test.labels),
        }

    def metrics_by_kind(
        self, served_heads: tuple[ServedHead, ...], data: Data
    ) -> dict[str, dict[str, float]]:
        """The test examples of each cluster, and which fraction of them has its most frequent label."""
        test, table = _some(data.test), {}
        assigned = _assigned(served_heads[0].model, test)
        for cluster in range(served_heads[0].facts["clusters"]):
            own = np.flatnonzero(assigned == cluster)
            row = {"count": float(len(own))}
            if len(own) and test.labels is not None and data.classes:
                counts = np.bincount(test.labels[own])
                row |= {"label": float(counts.argmax()), "purity": float(counts.max() / len(own))}
            table[f"cluster {cluster}"] = row
        return table

    def galleries(
        self, served_heads: tuple[ServedHead, ...], data: Data
    ) -> dict[str, Mapping[str, np.ndarray]]:
        """Test examples of each cluster, from the surest to the least sure of them."""
        test, rows = _some(data.test), {}
        outputs = batched(served_heads[0].model, {"inputs": test.numbers})
        sure = outputs["probabilities"].max(axis=1)
        for cluster in range(outputs["probabilities"].shape[1]):
            own = np.flatnonzero(outputs["cluster"] == cluster)
            if len(own):
                own = own[np.argsort(-sure[own], kind="stable")]
                chosen = own[np.linspace(0, len(own) - 1, min(len(own), SHOWN)).astype(int)]
                rows[f"{cluster}: {len(own)} of {len(test)}"] = np.asarray(values(test.take(chosen).examples))
        return {"clusters": rows}


def _some(split: Split) -> Split:
    """A split in memory, thinned where it is very large."""
    return split.thin(min(MOST_CLUSTERED, max(1, MOST_VALUES // prod(split.shape)))).in_memory()


def _flat(split: Split) -> np.ndarray:
    """Examples as k-means takes them, (n, features): what a sequence or a row lacks is 0."""
    some = np.asarray(values(_some(split).examples), np.float32)
    return np.nan_to_num(some.reshape(len(some), -1))


def _codes(heads: Heads, split: Split) -> np.ndarray:
    """The codes of a split's examples, (n, d)."""
    codes = batched(heads.encoder, {"inputs": _some(split).numbers}, names=("code",))["code"]
    return codes.reshape(len(codes), -1)


def _assigned(model: keras.Model, split: Split) -> np.ndarray:
    """The clusters of a split's examples, (n,)."""
    return batched(model, {"inputs": _some(split).numbers}, names=("cluster",))["cluster"].astype(int)

"""Classification: a classifier of the codes is trained beside the autoencoder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from keras_ae.blocks.samplers import CodeSampler, takes_condition
from keras_ae.data.few_labels import few_labeled
from keras_ae.data.tensors import values
from keras_ae.data.types import Data
from keras_ae.errors import InputError, check_least, check_widths
from keras_ae.heads import Heads, ServedHead, Spec, Term, TrainedHeads, batched
from keras_ae.metrics.confidence import calibration_error, fitted_temperature
from keras_ae.metrics.probes import accuracies, linear_probes
from keras_ae.metrics.supervised import features_of
from keras_ae.tasks import Task
from keras_ae.tasks.features import RAW_ROW, check_labeled

__all__ = ["Classification"]

CLASSIFIER = "classifier"
"""The name of the head, and of the layers that it adds."""


@dataclass(frozen=True)
class Classification(Task):
    """Reconstruction, and cross-entropy of a softmax classifier of the code, which becomes a head.

    With `warm_start` the encoder begins as that of a run without labels; frozen, the classifier alone is
    trained on the labels, and the decoder. The probabilities of the head are calibrated by a temperature
    on the validation split.

    Attributes:
        labels: Number of labeled training examples, balanced over the classes, with as many to validate and
            calibrate on; the others are not looked at. 0 for all.
        label_seed: Random seed of their choice, at least 0.
        units: Widths of hidden layers between the code and the classes, each at least 1; none by default.
        reconstruction_weight: Weight of the reconstruction loss and of the variant's terms beside the
            cross-entropy, at least 0. The best epoch is that of the lowest cross-entropy.
    """

    labels: int = 0
    label_seed: int = 0
    units: tuple[int, ...] = ()
    reconstruction_weight: float = 1.0

    def __post_init__(self) -> None:
        check_least(self, labels=0, label_seed=0, reconstruction_weight=0)
        check_widths("units", self.units, least=0)

    @property
    def compared(self) -> tuple[str, ...]:
        """Accuracy."""
        return ("accuracy",)

    def pair(self, examples: Any, seeds: Any, domain: str) -> tuple[Any, Any]:
        """Each example twice."""
        return examples, examples

    def prepare(self, data: Data) -> Data:
        """The data with as many labeled examples as `labels` says.

        Raises:
            InputError: They have no classes, or there are to be fewer labeled examples than classes.
        """
        check_labeled(data, "Classification learns")
        if not self.labels or self.labels >= len(data.train):
            return data
        chosen = few_labeled(np.asarray(data.train.labels), self.labels, self.label_seed)
        validation = data.validation
        if len(validation) > self.labels:
            known = np.asarray(validation.labels)
            count = max(self.labels, len(np.unique(known)))
            validation = validation.take(few_labeled(known, count, self.label_seed))
        note = f"labels={self.labels}: {len(chosen):,} training and {len(validation):,} validation examples"
        return replace(data, train=data.train.take(chosen), validation=validation, notes=(*data.notes, note))

    def extend(self, heads: Heads, spec: Spec) -> Heads:
        """Heads whose trained model also takes the label, and gives the classifier's cross-entropy.

        Raises:
            InputError: The encoder takes the labels, its codes have no one size or are whole numbers without
                vectors, or several samples of a code are trained on.
        """
        trained = heads.trained
        assert trained is not None  # guaranteed by Heads
        outputs = trained.output
        features = outputs["mean"] if "mean" in outputs else features_of(outputs)
        _check_classifiable(heads, features)
        code = keras.Input(tuple(features.shape[1:]), name="features")
        hidden = layers.Flatten(name=f"{CLASSIFIER}_flatten")(code)
        for number, width in enumerate(self.units, start=1):
            hidden = layers.Dense(width, "relu", name=f"{CLASSIFIER}_hidden_{number}")(hidden)
        logits = layers.Dense(spec.condition, name=f"{CLASSIFIER}_logits")(hidden)
        classifier = keras.Model(code, logits, name=CLASSIFIER)
        label = keras.Input((spec.condition,), name="condition")
        crossentropy = -ops.sum(label * ops.log_softmax(classifier(features)), axis=-1)
        inputs = {tensor.name: tensor for tensor in trained.inputs}
        further = {**outputs, "classification": crossentropy}
        model = keras.Model({**inputs, "condition": label}, further, name="trained")
        return replace(heads, trained=model)

    def objective(
        self, loss: Callable | None, terms: tuple[Term, ...]
    ) -> tuple[Callable | None, tuple[Term, ...]]:
        """The cross-entropy, by which the best epoch is selected, and the autoencoder's own objective."""
        weight = self.reconstruction_weight
        own = [replace(term, weight=term.weight * weight, selects=False) for term in terms]
        if loss is not None:
            value = loss
            own.append(
                Term(
                    "autoencoding", lambda outputs: value(outputs["targets"], outputs), weight, selects=False
                )
            )
        return None, (Term("classification", lambda outputs: outputs["classification"]), *own)

    def further_metrics(
        self, heads: Heads, data: Data, seed: int, sample_codes: CodeSampler | None
    ) -> dict[str, dict[str, float]]:
        """Test accuracy and expected calibration error of the classifier, and accuracies of baselines."""
        labels = {name: np.asarray(split.labels) for name, split in data.splits.items()}
        examples = {
            name: np.asarray(values(split.in_memory().examples)) for name, split in data.splits.items()
        }
        logits = {name: _logits(heads, examples[name]) for name in ("validation", "test")}
        temperature = fitted_temperature(logits["validation"], labels["validation"])
        test = labels["test"]
        flat = {name: part.reshape(len(part), -1) for name, part in examples.items()}
        every = [np.arange(len(labels["train"]))] if self.labels else []
        majority = Counter(labels["train"].tolist()).most_common(1)[0][0]
        return {
            "model": {
                "accuracy": float(np.mean(logits["test"].argmax(axis=-1) == test)),
                "calibration_error": calibration_error(logits["test"] / temperature, test),
                "calibration_error_before": calibration_error(logits["test"], test),
            },
            "largest class": {"accuracy": float(np.mean(test == majority))},
            f"logistic regression, {RAW_ROW}": {
                "accuracy": accuracies(linear_probes, flat, labels, every)[0]
            },
        }

    def served_heads(self, trained: TrainedHeads) -> tuple[ServedHead, ...]:
        """The classifier: examples -> calibrated probabilities, and the class of the highest."""
        heads, data = trained.heads, trained.data
        split = data.validation.in_memory()
        logits, labels = _logits(heads, np.asarray(values(split.examples))), np.asarray(split.labels)
        temperature = fitted_temperature(logits, labels)
        probabilities = layers.Softmax(name="probabilities")(
            layers.Rescaling(1 / temperature, name="temperature")(_classify(heads))
        )
        outputs = {"class": ops.argmax(probabilities, axis=-1), "probabilities": probabilities}
        model = keras.Model({"inputs": heads.encoder.inputs[0]}, outputs, name=CLASSIFIER)
        facts = {
            "classes": data.classes,
            "label_names": list(data.label_names),
            "labeled_examples": len(data.train),
            "temperature": temperature,
            "validation_accuracy": float(np.mean(logits.argmax(axis=-1) == labels)),
            "validation_calibration_error": calibration_error(logits / temperature, labels),
            "validation_calibration_error_before": calibration_error(logits, labels),
        }
        return (ServedHead(CLASSIFIER, model, facts),)

    def rows(self, inputs: Any, targets: Any, reconstruction: Any) -> dict[str, object]:
        return {"input": inputs, "reconstruction": reconstruction}


def _check_classifiable(heads: Heads, features: Any) -> None:
    """Refuses codes that a classifier of labels cannot be trained on."""
    if takes_condition(heads) or any(tensor.name == "condition" for tensor in heads.encoder.inputs):
        raise InputError(
            "the variant takes the labels that are to be learned; take one without a condition, such as "
            'SET="variant=undercomplete"'
        )
    if heads.any_size or None in features.shape[1:]:
        raise InputError("codes of examples of any size have no one size; train on examples of one size")
    if "int" in str(features.dtype):
        raise InputError(
            'codes of whole numbers have no gradient; take another, such as SET="variant=undercomplete"'
        )
    if heads.samples > 1:
        raise InputError("a classifier is trained on one code of an example; take a variant with one sample")


def _classify(heads: Heads) -> Any:
    """The logits of the encoder's inputs, (batch, classes)."""
    encoded = heads.encoder.output
    assert heads.trained is not None  # guaranteed by Heads
    return heads.trained.get_layer(CLASSIFIER)(features_of(encoded))


def _logits(heads: Heads, examples: np.ndarray) -> np.ndarray:
    """The logits of examples (n, ...), as the network has them, (n, classes)."""
    model = keras.Model(heads.encoder.inputs, {"logits": _classify(heads)})
    return batched(
        lambda inputs: {"logits": model(inputs["inputs"], training=False)["logits"]}, {"inputs": examples}
    )["logits"]

"""Whether a model can be saved and loaded again, which layers of a user's own may prevent."""

from __future__ import annotations

import json
import random
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import keras
import numpy as np

from keras_ae.errors import InputError
from keras_ae.heads import apply

__all__ = ["check_saveable"]

FAILURES = (TypeError, ValueError, NotImplementedError, AttributeError, KeyError, RuntimeError)
"""What Keras raises for objects that it cannot write or build."""

WRITE = "return super().get_config() from it, with every argument of __init__ added"
REGISTER = "write @keras.saving.register_keras_serializable() above it"

ADVICE = {
    r"must override `get_config\(\)`": (
        "its class has no get_config, which Keras writes by itself only for arguments that are numbers and "
        f"texts; {WRITE}"
    ),
    r"Could not locate (?:class|function) '([^']+)'": f"Keras does not find {{found}} again; {REGISTER}",
    r"missing \d+ required [\w-]+ arguments?: (.+?)(?:$|\n)": f"its get_config lacks {{found}}; {WRITE}",
    r"unexpected keyword argument '(\w+)'|Unrecognized keyword arguments[^{]*\{'(\w+)'": (
        "its __init__ does not take {found}, which is in its configuration; take **kwargs and pass them to "
        "super().__init__, with the same names in get_config and __init__"
    ),
    r"[Ll]ambda|Could not interpret \w+ function identifier": (
        f"it has a lambda, which Keras does not load; define a function with a name, and {REGISTER}"
    ),
    r"shape / dtype of ('\w+' \(of type \w+\))": (
        "{found} fails once it is loaded; an argument that is a layer or an array comes back as a dict, from "
        "which keras.saving.deserialize_keras_object makes it in from_config"
    ),
}
"""What to write in place of what Keras cannot write or build, by its messages."""


def check_saveable(model: keras.Model, inputs: Callable[[], Mapping[str, Any]] | None = None) -> None:
    """Builds a model again from its configuration, as loading its file does.

    Args:
        model: The model.
        inputs: Gives a batch of inputs by name, on which the two models are compared where layers are a
            user's own; None to compare nothing.

    Raises:
        InputError: If it cannot be written or built again, or is another model then; with the layer, and
            what it lacks.
    """
    state = random.getstate()  # of which the weights of the second model take their seeds
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of lambdas, which are refused
        try:
            again = _again(model)
        except FAILURES as error:
            raise _refusal(model, error) from error
        finally:
            random.setstate(state)
    own = [layer for layer in _layers(model) if _is_own(layer)]
    if own and inputs is not None:
        _check_same(model, again, own, inputs())


def _again(saveable):
    """A model or a layer as loaded from a file, but for its weights."""
    written = json.loads(json.dumps(keras.saving.serialize_keras_object(saveable)))
    return keras.saving.deserialize_keras_object(written, safe_mode=True)


def _layers(model: keras.Model) -> Iterator[keras.Layer]:
    """All layers of a model, and of the models among them."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _layers(layer)
        yield layer


def _is_own(layer):
    """Whether a layer is neither of Keras nor of this package."""
    return type(layer).__module__.partition(".")[0] not in ("keras", "keras_ae")


def _refusal(model, error):
    """The refusal of a model, by the innermost layer that cannot be built again."""
    for layer in _layers(model):
        try:
            _again(layer)
        except FAILURES as reason:
            name = f"the layer {layer.name!r} ({type(layer).__name__})"
            return InputError(f"{name} cannot be saved: {_advice(reason)}")
    return InputError(f"the model {model.name!r} cannot be saved: {_advice(error)}")


def _advice(error):
    """What is missing and what to do, in a line; else what Keras says."""
    text = re.sub(r"\x1b\[\d*m", "", str(error)).rpartition("Exception encountered: ")[2]
    for pattern, advice in ADVICE.items():
        if match := re.search(pattern, text):
            return advice.format(found=match[match.lastindex or 0])
    return " ".join(text.split())[:300]


def _check_same(model, again, own, inputs):
    """Refuses a model that is another one when it is built again."""
    names = ", ".join(sorted({f"{layer.name!r} ({type(layer).__name__})" for layer in own}))
    advice = f"check the get_config of {names}: {WRITE}"
    shapes, others = ([tuple(weight.shape) for weight in each.weights] for each in (model, again))
    if shapes != others:
        raise InputError(f"the model {model.name!r} would be loaded with weights of other shapes; {advice}")
    again.set_weights(model.get_weights())
    outputs, repeated, loaded = (
        {name: np.asarray(value) for name, value in apply(each, inputs).items()}
        for each in (model, model, again)
    )
    for name, value in outputs.items():
        # rounding of one graph that is built twice is far below these
        tolerance = {"rtol": 1e-3, "atol": 1e-3 * float(np.abs(value).max(initial=0))}
        repeats = np.allclose(value, repeated[name], **tolerance)
        if repeats and not np.allclose(value, loaded[name], **tolerance):
            raise InputError(f"the model {model.name!r} would be loaded with other outputs; {advice}")

"""Fields of recipes and of their objects: what cannot be is refused by an InputError, and nothing else."""

import abc
import copy
import dataclasses
import inspect
import math
import pickle

import numpy as np
import pandas as pd
import pytest

import keras_ae
from keras_ae.blocks.samplers import Sampler
from keras_ae.checked import Checked
from keras_ae.data.dataset import Dataset
from keras_ae.data.examples import Split
from keras_ae.data.images.mnist import Mnist5k
from keras_ae.data.scaling import Scaler
from keras_ae.data.types import Data
from keras_ae.errors import InputError, check_types, check_widths, check_within
from keras_ae.heads import Backbone, Heads, ServedHead, Spec, Stage, Term
from keras_ae.overrides import recipe_classes
from keras_ae.recipe import Recipe
from keras_ae.tasks import Task
from keras_ae.tasks.reconstruction import Reconstruction
from keras_ae.variants import Variant
from keras_ae.variants.variational import Variational

WRONG = (
    -1, 0, 1, 2.5, 10**9, math.nan, math.inf, "nonsense", "", None, True, (), (0,), ("a",), [[1], [2, 3]], {},
)  # fmt: skip
"""Values of which a field takes some, and none takes all."""

REQUIRED = {
    "data": Mnist5k(), "variant": Variational(), "task": Reconstruction(), "of": Mnist5k(), "path": "nowhere",
    "x": np.zeros((9, 3)), "frame": pd.DataFrame({"a": [1.0, 2.0, 3.0]}),
}  # fmt: skip
"""Values of the fields that have no default."""


def required(kind):
    return [
        field.name
        for field in dataclasses.fields(kind)
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    ]


KINDS = [kind for kind in (Recipe, *recipe_classes()) if set(required(kind)) <= set(REQUIRED)]


def test_the_kinds_are_all_that_a_user_makes():
    assert len(KINDS) > 70
    assert {"Recipe", "Arrays", "Frame", "ArrayFile", "Sparse", "Anomaly"} <= {
        kind.__name__ for kind in KINDS
    }


PARTS = (Heads, Spec, Term, Stage, ServedHead, Data, Split, Scaler, keras_ae.Client)
"""What writers of variants, data sets and programs make besides."""


@pytest.mark.parametrize("kind", [*KINDS, *PARTS], ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
def test_arguments_that_a_class_does_not_take_are_refused_by_an_input_error(kind):
    fields, name = [field.name for field in dataclasses.fields(kind)], kind.__name__
    in_order = [field.name for field in dataclasses.fields(kind) if not field.kw_only]
    if type(kind) is not Checked:  # what the package makes by itself
        assert not any(issubclass(kind, base) for base in (Dataset, Task, Variant, Backbone, Sampler))
        assert kind.__module__.startswith(("keras_ae.backbones.", "keras_ae.blocks.", "keras_ae.data."))
        return
    assert set(inspect.signature(kind).parameters) == set(fields)
    with pytest.raises(InputError, match=f"^{name} has no field 'no_such'; "):
        kind(no_such=1)
    with pytest.raises(
        InputError, match=f"^{name} takes {len(in_order)} arguments at most, received .*; their"
    ):
        kind(*range(len(in_order) + 1))
    for field in fields:
        told = rf"^{name} has no field '{field}s'( \(near it: .*\b{field}\b|; it is now)"
        with pytest.raises(InputError, match=told):
            kind(**{f"{field}s": 1})
    if fields:
        with pytest.raises(InputError, match=f"^{name} received {fields[0]} twice"):
            kind(1, **{fields[0]: 1})
    missing = required(kind)
    if missing:
        with pytest.raises(InputError, match=f"^{name} needs {', '.join(missing)}; write {name}"):
            kind()


def test_a_checked_object_is_copied_pickled_and_changed_as_any_other():
    recipe = Recipe("mnist_5k", Variational(latent_dim=3), "denoising")
    for other in (copy.copy(recipe), copy.deepcopy(recipe), pickle.loads(pickle.dumps(recipe))):
        assert other == recipe
    assert dataclasses.replace(recipe, epochs=3).epochs == 3
    with pytest.raises(InputError, match="Variational has no field 'latent' .near it: latent_dim.; help"):
        dataclasses.replace(recipe.variant, latent=3)


def test_an_error_of_what_a_constructor_does_is_no_error_of_its_arguments():
    @dataclasses.dataclass
    class Own(Variant, abc.ABC):
        """A user's own variant, which has another metaclass in its bases."""

        width: int = 1

        def __post_init__(self):
            len(self.width)

    with pytest.raises(TypeError, match="has no len"):
        Own(3)
    assert Own("abc").width == "abc"
    with pytest.raises(InputError, match="Own has no field 'widht' .near it: width.; its fields are width"):
        Own(widht=3)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
def test_a_value_that_cannot_be_is_refused_by_an_input_error(kind):
    given = {name: REQUIRED[name] for name in required(kind)}
    kind(**given)
    for field in dataclasses.fields(kind):
        told, made = [], []
        for value in WRONG:
            try:
                made.append(kind(**{**given, field.name: value}))
            except InputError as error:
                told.append(str(error))
        for one in made:  # what a class does not look at itself, a recipe does
            try:
                check_types(one)
            except InputError as error:
                told.append(str(error))
        assert told or field.type == "Any", field.name
        assert not any("\n" in text for text in told)


@pytest.mark.parametrize(
    ("interval", "inside", "outside", "words"),
    [
        ("(0, 1)", (1e-9, 0.5), (0, 1, -1, math.nan), "above 0 and below 1"),
        ("[0, 1)", (0, 0.5), (1, -1e-9), "at least 0 and below 1"),
        ("(0, 1]", (1, 0.5), (0, 2), "above 0 and at most 1"),
        ("[8, 128]", (8, 128), (7, 129), "from 8 to 128"),
        ("[0, inf)", (0, 1e9), (math.inf, -1), "at least 0 and finite"),
        ("(-inf, 1]", (-9, 1), (1.1, -math.inf), "at most 1"),
    ],
)
def test_an_interval_is_told_in_words(interval, inside, outside, words):
    @dataclasses.dataclass
    class Owner:
        rate: object

    for value in inside:
        check_within(Owner(value), rate=interval)
    for value in outside:
        with pytest.raises(InputError, match=f"rate must be {words}, received {value}"):
            check_within(Owner(value), rate=interval)
    for value in ("a", None, True):
        with pytest.raises(InputError, match=f"rate must be a number {words}, received {value!r}"):
            check_within(Owner(value), rate=interval)


def test_widths_of_layers_are_whole_numbers_of_at_least_one():
    check_widths("units", (), least=0)
    check_widths("units", (1, np.int64(2)))
    for widths, message in (
        ((), "units needs one or more widths of at least 1"),
        ((4, 0), "units needs one or more widths of at least 1"),
        ([4], "units must be a tuple of whole numbers"),
        ((2.5,), "units must be a tuple of whole numbers"),
    ):
        with pytest.raises(InputError, match=message):
            check_widths("units", widths)

"""Workers that would not train alike are refused, on all of them and before anything is written."""

import dataclasses
from types import SimpleNamespace

import pytest

from keras_ae.backbones.conv2d import ConvBackbone
from keras_ae.errors import InputError
from keras_ae.heads import Spec
from keras_ae.replicas import Replicas
from keras_ae.training.agreement import agree
from keras_ae.training.complete import _agreed, train_along
from keras_ae.variants.undercomplete import Undercomplete

PLAIN = Undercomplete(ConvBackbone((4,), smallest=2), 3)
SPEC = Spec((4, 4, 1), (4, 4, 1), "unit")


class Chief(Replicas):
    """The chief of two workers, of which the other says almost the same."""

    count = 2

    def __init__(self, **differences):
        self.differences = differences

    def exchanged(self, content, last=False):
        other = content | self.differences
        return [content, other | {"recipe": content["recipe"] | self.differences.get("recipe", {})}]


def agreed(recipe, shared, variant=PLAIN, examples=64):
    data = SimpleNamespace(train=range(examples), sha256="a" * 64)
    agree(shared, ["mine", "data.npy", ["seed=1"]], recipe, SimpleNamespace(data=data), variant.build(SPEC))


def test_workers_that_are_alike_agree(tiny_recipe):
    agreed(tiny_recipe, Chief())
    agreed(dataclasses.replace(tiny_recipe, epochs=9), Chief())


@pytest.mark.parametrize(
    ("difference", "words"),
    [
        ({"versions": "keras_ae 0.1"}, "has keras_ae 0.1, the chief keras_ae .*: install the same"),
        (
            {"command": ["other", None, []]},
            "to train other, the chief mine --data data.npy --set seed=1: start",
        ),
        ({"recipe": {"seed": "7"}}, "another recipe than the chief: seed \\(7, of the chief 0\\); bring"),
        ({"data": "b" * 64}, "other data than the chief: sha256 bbbbbbbbbbbbbbbb..., of the chief a"),
    ],
)
def test_one_that_differs_is_named(difference, words, tiny_recipe):
    with pytest.raises(InputError, match=f"^worker 1 .*{words}"):
        agreed(tiny_recipe, Chief(**difference))


def test_a_batch_must_divide(tiny_recipe):
    with pytest.raises(InputError, match="batches of 63 examples.*batch_size=62"):
        agreed(dataclasses.replace(tiny_recipe, batch_size=128), Chief(), examples=63)
    agreed(dataclasses.replace(tiny_recipe, batch_size=62), Chief(), examples=63)


def test_layers_that_normalize_over_the_batch_are_refused(tiny_recipe):
    def of(kind):
        return Undercomplete(ConvBackbone((4,), smallest=2, normalization=kind), 3)

    with pytest.raises(InputError, match="normalizes over the examples of a batch.*normalization=group"):
        agreed(tiny_recipe, Chief(), of("batch"))
    agreed(tiny_recipe, Chief(), of("group"))


def test_xla_is_refused(tiny_recipe):
    with pytest.raises(InputError, match="xla=false"):
        agreed(dataclasses.replace(tiny_recipe, xla=True), Chief())


class Optional(Chief):
    """The chief of two workers that were started without being asked for."""

    optional = True
    left = False

    def __init__(self):
        super().__init__()
        self.said = []

    def exchanged(self, content, last=False):
        self.said.append(content)
        return super().exchanged({"recipe": {}} | content)

    def leave(self):
        self.left = True


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"batch_size": 63}, "2 workers share each batch evenly"),
        ({"xla": True}, "XLA does not compile"),
        ({}, ""),
    ],
)
def test_the_chief_trains_alone_where_workers_that_nobody_asked_for_are_refused(change, reason, tiny_recipe):
    recipe, shared, lines = dataclasses.replace(tiny_recipe, **change), Optional(), []
    loaded = SimpleNamespace(data=SimpleNamespace(train=range(64), sha256="a" * 64)), PLAIN.build(SPEC)
    request = SimpleNamespace(recipe="mine", data=None, settings=())
    sharing = _agreed(shared, ["mine", None, []], request, recipe, loaded, lines.append)
    assert sharing.count == (1 if reason else 2)
    assert shared.left == bool(reason)
    assert ("alone" in shared.said[0]) == bool(reason)
    assert [line.startswith(f"training on one of 2 GPUs: {reason}") for line in lines] == [True] * bool(
        reason
    )


def test_a_worker_whose_chief_trains_alone_ends():
    shared = Chief()
    shared.exchanged = lambda content, last=False: [{"alone": True}, content]
    train_along("no such recipe", None, [], shared)

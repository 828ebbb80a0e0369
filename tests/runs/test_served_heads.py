"""A further head takes one file: here a task with a head of the code's norm, and nothing edited anywhere."""

import dataclasses
import json

import keras
import numpy as np
import pytest
from conftest import exporting, untrained

from keras_ae.cli import main
from keras_ae.errors import ExportError
from keras_ae.heads import ServableHeads, ServedHead, TrainedHeads, apply, batched
from keras_ae.runs.artifacts import load_artifacts, save_artifacts
from keras_ae.runs.card import model_card, read_card
from keras_ae.serving import native
from keras_ae.serving.export import export_heads
from keras_ae.tasks.reconstruction import Reconstruction
from keras_ae.training.complete import finish
from keras_ae.training.train import train


@dataclasses.dataclass(frozen=True)
class WithNorm(Reconstruction):
    """Reconstruction that also serves how large codes are, to some power that a client sends.

    power: what the facts of the head say.
    """

    power: float = 2.0

    def served_heads(self, trained):
        shape = trained.heads.encoder.get_layer("inputs").output.shape[1:]
        inputs, power = keras.Input(shape, name="inputs"), keras.Input((1,), name="exponent")
        outputs = apply(trained.heads.encoder, {"inputs": inputs})
        norm = keras.ops.sum(keras.ops.abs(outputs["code"]) ** power, axis=-1)
        model = keras.Model({"inputs": inputs, "exponent": power}, {"norm": norm}, name="norm")
        examples = {"exponent": np.linspace(1, 3, 64, dtype=np.float32)[:, None]}
        return (ServedHead("norm", model, {"power": self.power}, examples),)


@pytest.fixture(scope="module")
def finished(tiny_recipe, tmp_path_factory):
    """A run of that task, and the folder of models that it was exported to."""
    folder = tmp_path_factory.mktemp("norm")
    recipe = dataclasses.replace(tiny_recipe, task=WithNorm(), epochs=1, name="tiny")
    with untrained(), exporting("norm"):
        run = train(recipe, folder / "run", report=lambda _: None)
        finish(run, folder / "models", report=lambda _: None)
    return run, folder / "models"


def test_a_further_head_is_exported_with_its_facts(finished):
    run, models = finished
    card = json.loads((models / "tiny" / "norm" / "1" / "card.json").read_text())
    assert card["norm"] == read_card(run.directory)["norm"] == {"power": 2.0}
    assert set(card["signatures"]) == {"serving_default", "image_bytes"}
    assert card["signatures"]["serving_default"]["outputs"] == {"norm": {"shape": [None], "dtype": "float32"}}
    assert "tiny_norm" in (models / "models.config").read_text()


def test_a_further_head_is_kept_in_the_runs_folder(finished, random):
    run, _ = finished
    head = load_artifacts(run.directory).served_head("norm")
    assert (head.facts, head.takes_images) == ({"power": 2.0}, False)
    inputs = {"inputs": random.uniform(size=(3, 12, 12, 1)), "exponent": np.full((3, 1), 2.0)}
    inputs = {name: value.astype("float32") for name, value in inputs.items()}
    expected = np.square(batched(run.heads.encoder, inputs)["code"]).sum(axis=1)
    np.testing.assert_allclose(batched(head.model, inputs)["norm"], expected, rtol=1e-5)
    assert load_artifacts(run.directory).served_head("detector") is None


@pytest.mark.skipif(native.compiler() is None, reason="no C++ compiler (g++) to build the check with")
def test_a_further_head_is_verified(finished):
    folder = finished[1] / "tiny" / "norm" / "1"
    findings = native.check([folder])
    assert not [finding for finding in findings if finding.is_fault]
    compared = {finding.details[:2] for finding in findings if finding.kind == "compared"}
    assert {("serving_default", "batch of 64"), ("image_bytes", "batch of 7")} <= compared


def test_a_further_head_predicts_on_the_command_line(finished, tmp_path, random):
    run, models = finished
    inputs = {"inputs": random.uniform(size=(3, 12, 12, 1)), "exponent": np.full((3, 1), 2.0)}
    np.savez(tmp_path / "inputs.npz", **{name: value.astype("float32") for name, value in inputs.items()})
    arguments = ["--head", "norm", "--models", str(models), "--output", str(tmp_path / "norm.npz")]
    assert main(["predict", "tiny", str(tmp_path / "inputs.npz"), *arguments]) == 0
    expected = batched(run.served_heads[0].model, dict(np.load(tmp_path / "inputs.npz")))["norm"]
    with np.load(tmp_path / "norm.npz") as outputs:
        np.testing.assert_allclose(outputs["norm"], expected, rtol=1e-5)


def test_a_head_that_is_gone_from_the_folder_is_told(finished, tmp_path):
    run = dataclasses.replace(finished[0], directory=tmp_path)
    (tmp_path / "data.npz").write_bytes((finished[0].directory / "data.npz").read_bytes())
    save_artifacts(run)
    (tmp_path / "norm.keras").unlink()
    with pytest.raises(ValueError, match="norm.keras is missing"):
        load_artifacts(tmp_path)


def test_an_input_that_nothing_provides_is_refused(finished, tmp_path):
    run = finished[0]
    [head] = run.served_heads
    alone = load_artifacts(run.directory)
    servable = ServableHeads(
        alone.heads, alone.scaler, alone.examples, None, (dataclasses.replace(head, examples={}),)
    )
    with (
        exporting("norm"),
        pytest.raises(ExportError, match="no examples for the input exponent of a head"),
    ):
        export_heads(servable, "tiny", {}, tmp_path)


@pytest.mark.parametrize("name", ["encoder", "staged", "Norm", "a/b", ""])
def test_a_name_that_is_taken_or_no_word_is_refused(name):
    with pytest.raises(ValueError, match="the name of a served head must be a word of lower-case letters"):
        ServedHead(name, None)


def test_a_name_of_another_part_of_the_card_is_refused(finished):
    run = finished[0]
    task = dataclasses.make_dataclass("Named", [], bases=(WithNorm,), frozen=True)
    task.served_heads = lambda self, trained: (ServedHead("metrics", None, {"a": 1}),)
    run = dataclasses.replace(run, recipe=dataclasses.replace(run.recipe, task=task()))
    with pytest.raises(ValueError, match="the model card has a part 'metrics'"):
        model_card(run, {"tiny": {}})


def test_a_task_serves_no_further_heads_by_default(finished):
    assert Reconstruction().served_heads(TrainedHeads(finished[0].heads, finished[0].data)) == ()

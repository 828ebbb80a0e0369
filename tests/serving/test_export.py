"""Exported heads: complete, equal to their Keras models, and never half written or overwritten."""

import dataclasses
import json
import shutil

import keras
import numpy as np
import pytest
import tensorflow as tf
from conftest import exporting, untrained

from keras_ae.backbones.dense import DenseBackbone
from keras_ae.blocks.samplers import AggregatePosterior, FittedMixture, StandardNormal, code_sampler
from keras_ae.data.arrays import ArrayFile
from keras_ae.data.scaling import Scaler
from keras_ae.data.tensors import values
from keras_ae.errors import ExportError, InputError
from keras_ae.heads import ServableHeads, Spec
from keras_ae.runs.card import model_card
from keras_ae.serving import export as serving
from keras_ae.serving import versions
from keras_ae.training.train import train
from keras_ae.variants.undercomplete import Undercomplete
from keras_ae.variants.variational import Variational

HEADS = ("encoder", "decoder", "autoencoder")


@pytest.fixture(scope="module")
def run(tiny_run):
    """A run that no test changes."""
    return tiny_run


@pytest.fixture(scope="module")
def folders(exported, tmp_path_factory):
    """Its heads, exported once."""
    models = shutil.copytree(exported, tmp_path_factory.mktemp("served") / "models")
    return {head: models / "tiny" / head / "1" for head in HEADS}


@pytest.fixture(scope="module")
def again(run, folders):
    """The heads beside the first ones: (their folders, the table that their card is of)."""
    table = {"noisy input": {"psnr": 9.5}, "linear denoiser": {"psnr": 12.0}, "tiny": {"psnr": 13.5}}
    return export_of(run, folders["encoder"].parents[2], model_card(run, table)), table


def examples(run):
    return {"inputs": np.asarray(values(run.data.test.examples))}


def export_of(run, root, card=None):
    servable = ServableHeads(run.heads, run.data.scaler, examples(run))
    return serving.export_heads(servable, "tiny", card or {"recipe": "tiny"}, root)


def signature(folder):
    """The served function, with what keeps its variables alive."""
    loaded = tf.saved_model.load(str(folder))
    return loaded, loaded.signatures["serving_default"]


def test_each_head_is_a_saved_model_with_named_float32_signatures(folders):
    names = {"encoder": ("inputs", ["code"]), "decoder": ("code", ["reconstruction"])}
    names["autoencoder"] = ("inputs", ["error", "reconstruction"])
    for head, (taken, given) in names.items():
        assert folders[head].parts[-3:] == ("tiny", head, "1")
        _, served = signature(folders[head])
        [(name, spec)] = served.structured_input_signature[1].items()
        assert (name, spec.dtype, spec.shape[0]) == (taken, tf.float32, None)
        assert sorted(served.structured_outputs) == given
        assert {spec.dtype for spec in served.structured_outputs.values()} == {tf.float32}


@pytest.mark.parametrize("batch", [1, 7, 64])
def test_the_served_heads_equal_the_keras_heads_at_any_batch_size(run, folders, random, batch):
    inputs = tf.constant(random.uniform(size=(batch, 12, 12, 1)), tf.float32)
    code = run.heads.encoder({"inputs": inputs})["code"]
    reconstruction = run.heads.decoder({"code": code})["reconstruction"]
    expected = {
        "encoder": ({"inputs": inputs}, "code", code),
        "decoder": ({"code": code}, "reconstruction", reconstruction),
        "autoencoder": ({"inputs": inputs}, "reconstruction", reconstruction),
    }
    for head, (arguments, name, value) in expected.items():
        _, served = signature(folders[head])
        np.testing.assert_allclose(served(**arguments)[name], value, atol=1e-6)


def test_real_data_goes_in_and_comes_out_in_its_own_units(tiny_recipe, tmp_path, random):
    raw = (random.normal(size=(300, 2)) @ random.normal(size=(2, 5)) * 50 + 1000).astype("float32")
    np.save(tmp_path / "a.npy", raw)
    recipe = dataclasses.replace(tiny_recipe, data=ArrayFile(str(tmp_path / "a.npy")), epochs=2)
    with untrained():
        run = train(recipe, tmp_path / "run", report=lambda _: None)
    with exporting("autoencoder"):
        _, served = signature(export_of(run, tmp_path / "models")["autoencoder"])
    restored = served(inputs=tf.constant(raw))["reconstruction"].numpy()
    assert restored.mean() == pytest.approx(1000, rel=0.05)
    standardized = (raw - run.data.offset) / run.data.scale
    expected = (
        run.heads.end_to_end({"inputs": standardized})["reconstruction"] * run.data.scale + run.data.offset
    )
    np.testing.assert_allclose(restored, expected, rtol=1e-5)
    farthest = served(inputs=tf.constant([[3e38, -3e38, 0, 0, 0]], tf.float32))["reconstruction"]
    assert np.isfinite(farthest).all()  # sums of such numbers would be infinite, and their differences NaN


def test_the_next_export_takes_the_next_number_and_leaves_the_first(exported, folders, again):
    assert {folder.name for folder in again[0].values()} == {"2"}
    for file in ("saved_model.pb", "card.json"):
        first = exported / "tiny" / "encoder" / "1" / file
        assert (folders["encoder"] / file).read_bytes() == first.read_bytes()


def test_a_number_is_never_used_again_while_a_higher_one_is_there(run, tmp_path):
    (tmp_path / "tiny" / "decoder" / "41").mkdir(parents=True)
    with exporting("encoder", "decoder"):
        assert {folder.name for folder in export_of(run, tmp_path).values()} == {"42"}


def test_an_export_that_differs_from_its_model_is_refused_and_leaves_nothing(run, tmp_path, monkeypatch):
    monkeypatch.setattr(serving, "TOLERANCE", -1.0)
    with pytest.raises(ExportError, match=r"code of encoder \(serving_default\) differs by"):
        export_of(run, tmp_path / "models")
    assert not list((tmp_path / "models" / "tiny").iterdir())


def test_of_whole_numbers_one_in_a_hundred_may_be_another():
    due = np.arange(200)
    for wrong, worst in ((2, 0.0), (3, 5 / 199)):
        found = due.copy()
        found[:wrong] += 5
        assert serving.difference(found, due) == pytest.approx(worst)
    assert serving.difference(due[:50] + (due[:50] == 7), due[:50]) == 0.0  # rounded the other way
    assert serving.difference(due[:50] + 2 * (due[:50] == 7), due[:50]) == pytest.approx(2 / 49)
    assert serving.difference(due[:50] + (due[:50] < 2), due[:50]) == pytest.approx(1 / 49)


def test_words_are_compared_as_words_and_missing_numbers_are_missing_in_both():
    words = np.array([b"red", b"", b"blue"] * 40, object)
    assert serving.difference(words, words) == 0.0
    other = words.copy()
    other[0] = b"green"
    assert serving.difference(other, words) == 0.0  # one in a hundred
    other[:2] = b"green"
    assert serving.difference(other, words) == 1.0
    numbers = np.array([1.0, np.nan, 3.0])
    assert serving.difference(numbers, numbers) == 0.0
    assert serving.difference(np.array([1.0, 2.0, 3.0]), numbers) == 1.0


def test_a_folder_that_cannot_be_written_is_refused(run, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot be written .* name another folder"):
        export_of(run, tmp_path / "file")


def test_the_card_tells_where_a_model_came_from(run, again):
    folders, table = again
    for head, folder in folders.items():
        read = json.loads((folder / "card.json").read_text())
        assert read["head"] == head
        assert read["data"]["sha256"] == run.data.sha256
        assert read["recipe"]["task.corruption.sigma"] == 0.2
        assert read["metrics"] == table["tiny"]
        assert set(read["baselines"]) == {"noisy input", "linear denoiser"}
        assert read["parameters"] == run.heads.end_to_end.count_params()
        assert read["epochs"] == read["best_epoch"] == 1
        assert read["seconds"] >= 0  # it was not trained
        assert read["stages"] == {}
        assert read["versions"]["keras"].startswith("3.")
        assert read["versions"]["tensorflow"].startswith("2.")
        assert read["seed"] == 0
    read = json.loads((folders["decoder"] / "card.json").read_text())
    assert read["signatures"]["serving_default"]["inputs"] == {
        "code": {"shape": [None, 4], "dtype": "float32"}
    }
    assert read["signatures"]["png"]["outputs"] == {
        "reconstruction_bytes": {"shape": [None], "dtype": "string"}
    }
    assert read["signatures"]["serving_default"]["outputs"] == {
        "reconstruction": {"shape": [None, 12, 12, 1], "dtype": "float32"}
    }


def heads_of(variant, spec):
    keras.utils.set_random_seed(0)
    return variant.build(spec)


def served_of(folder):
    return tf.saved_model.load(str(folder)).signatures


UNIT = Scaler("unit", np.float32(0), np.float32(1))


@pytest.mark.parametrize(
    "sampler",
    [StandardNormal(), FittedMixture(2), pytest.param(AggregatePosterior(), marks=pytest.mark.slow)],
)
def test_a_generative_decoder_samples_from_noise_that_the_client_gives(sampler, tmp_path, random):
    heads = heads_of(Variational(DenseBackbone((8,)), 3), Spec((6, 6, 1), (6, 6, 1), "unit"))
    codes = {"code": random.normal(size=(40, 3)).astype("float32"), "log_var": np.zeros((40, 3), "float32")}
    fitted = sampler.fit(heads, codes)
    given = {"inputs": random.uniform(size=(9, 6, 6, 1)).astype("float32")}
    with exporting("decoder"):  # the others are alike
        folders = serving.export_heads(ServableHeads(heads, UNIT, given, fitted), "vae", {}, tmp_path)
    loaded = tf.saved_model.load(str(folders["decoder"]))
    assert set(loaded.signatures) == {"serving_default", "png", "sample", "sample_png"}
    noise = np.random.default_rng(4).standard_normal((5, *fitted.inputs[0].shape[1:])).astype("float32")
    found = loaded.signatures["sample"](noise=tf.constant(noise))["reconstruction"]
    expected = heads.decoder(code_sampler(fitted)(5, 4))["reconstruction"]
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_classes_go_in_by_their_numbers_and_come_out_with_probabilities(tmp_path, random):
    heads = heads_of(Variational(DenseBackbone((8,)), 3), Spec((5, 4), (5, 4), "categorical"))
    numbers = random.integers(0, 4, (9, 5))
    given = {"inputs": np.eye(4, dtype="float32")[numbers]}
    units = Scaler("categorical", np.float32(0), np.float32(1))
    with exporting("autoencoder"):
        folders = serving.export_heads(ServableHeads(heads, units, given), "tiles", {}, tmp_path)
    loaded = tf.saved_model.load(str(folders["autoencoder"]))
    served = loaded.signatures["serving_default"]
    assert served.structured_input_signature[1]["inputs"] == tf.TensorSpec((None, 5), tf.int64, name="inputs")
    outputs = served(inputs=tf.constant(numbers))
    expected = heads.end_to_end(given)["reconstruction"].numpy()
    np.testing.assert_allclose(outputs["reconstruction"], expected, atol=1e-6)
    np.testing.assert_array_equal(outputs["classes"], outputs["reconstruction"].numpy().argmax(axis=-1))
    likely = np.take_along_axis(expected, numbers[..., None], axis=-1)[..., 0]
    np.testing.assert_allclose(outputs["error"], -np.log(likely).mean(axis=-1), rtol=1e-5)
    for wrong in (4, -1):
        with pytest.raises(
            tf.errors.InvalidArgumentError, match="expected inputs of whole numbers from 0 to 3"
        ):
            served(inputs=tf.constant(numbers).numpy() * 0 + wrong)


def test_the_error_is_the_mean_square_of_each_example(folders, random):
    inputs = random.uniform(size=(4, 12, 12, 1)).astype("float32")
    loaded = tf.saved_model.load(str(folders["autoencoder"]))
    outputs = loaded.signatures["serving_default"](inputs=tf.constant(inputs))
    expected = np.square(inputs - outputs["reconstruction"]).mean(axis=(1, 2, 3))
    np.testing.assert_allclose(outputs["error"], expected, rtol=1e-5)


def test_a_image_goes_in_as_a_file_and_comes_back_as_one(folders, random):
    levels = random.integers(0, 256, (3, 12, 12, 1)).astype("uint8")
    sent = tf.constant([tf.io.encode_png(image).numpy() for image in levels])
    loaded = tf.saved_model.load(str(folders["autoencoder"]))
    plain = loaded.signatures["serving_default"](inputs=tf.constant(levels / 255, tf.float32))
    outputs = loaded.signatures["image_bytes"](image_bytes=sent)
    for contents, expected in zip(
        outputs["reconstruction_bytes"].numpy(), plain["reconstruction"], strict=True
    ):
        assert np.abs(tf.io.decode_png(contents) / 255 - expected).max() <= 0.5 / 255 + 1e-6
    np.testing.assert_allclose(outputs["error"], plain["error"], atol=1e-6)


def test_data_that_is_no_image_has_no_signatures_of_images(tmp_path, random):
    heads = heads_of(Undercomplete(DenseBackbone(()), 2), Spec((7,), (7,), "unit"))
    given = {"inputs": random.uniform(size=(9, 7)).astype("float32")}
    with exporting("encoder", "autoencoder"):
        folders = serving.export_heads(ServableHeads(heads, UNIT, given), "rows", {}, tmp_path)
    assert all(list(served_of(folder)) == ["serving_default"] for folder in folders.values())


def test_a_head_that_draws_is_refused_and_leaves_nothing(tmp_path, random):
    heads = heads_of(Undercomplete(DenseBackbone(()), 2), Spec((7,), (7,), "unit"))
    noise = keras.Input((2,), name="noise")
    drawn = keras.layers.Lambda(lambda value: value + tf.random.stateless_normal((2,), (0, 0)))(noise)
    sampler = keras.Model({"noise": noise}, {"code": drawn})
    given = {"inputs": random.uniform(size=(9, 7)).astype("float32")}
    with pytest.raises(ExportError, match="signature sample of decoder runs .*StatelessRandom"):
        serving.export_heads(ServableHeads(heads, UNIT, given, sampler), "drawing", {}, tmp_path)
    assert not list((tmp_path / "drawing").iterdir())


def test_old_versions_are_pruned_but_those_labeled(run, tmp_path):
    for head in HEADS:
        for number in ("1", "2"):
            (tmp_path / "tiny" / head / number).mkdir(parents=True)
    versions.set_label(tmp_path / "tiny" / "encoder", "keep_me", 1)
    export = {
        "servable": ServableHeads(run.heads, run.data.scaler, examples(run)),
        "name": "tiny",
        "card": {},
        "root": tmp_path,
    }
    with exporting("encoder", "decoder"):
        serving.export_heads(**export, keep=1)
    assert versions.versions(tmp_path / "tiny" / "encoder") == [1, 2, 3]
    assert versions.versions(tmp_path / "tiny" / "decoder") == [2, 3]
    with pytest.raises(InputError, match="expected at least 1 version to keep, received 0"):
        serving.export_heads(**export, keep=0)


def test_a_full_disk_leaves_nothing_half_written(run, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(serving, "write_records", full)
    with pytest.raises(InputError, match="No space left on device"):
        export_of(run, tmp_path)
    assert not list((tmp_path / "tiny").iterdir())


def test_the_same_heads_have_the_same_hash_and_others_another(run, folders, again):
    hashes = [
        {
            head: json.loads((folder / "card.json").read_text())["weights_sha256"]
            for head, folder in each.items()
        }
        for each in (folders, again[0])
    ]
    assert hashes[0] == hashes[1]
    assert len(set(hashes[0].values())) == 3
    weight = run.heads.encoder.weights[0]
    before = weight.numpy()
    weight.assign(before + 1e-3)
    changed = serving._sha256(run.heads.encoder.weights)
    weight.assign(before)
    assert serving._sha256(run.heads.encoder.weights) == hashes[0]["encoder"] != changed

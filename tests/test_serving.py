"""Exported heads: complete, equal to their Keras models, and never half written or overwritten."""

import dataclasses
import json
import threading

import numpy as np
import pytest
import tensorflow as tf

from keras_ae.card import model_card
from keras_ae.data.arrays import ArrayFile
from keras_ae.data.dataset import values
from keras_ae.errors import ExportError, InputError
from keras_ae.runs import evaluate
from keras_ae.serving import export as serving
from keras_ae.serving import versions
from keras_ae.training import train

HEADS = ("encoder", "decoder", "autoencoder")


@pytest.fixture
def run(tiny_recipe, tmp_path):
    return train(dataclasses.replace(tiny_recipe, epochs=1), tmp_path / "run", report=lambda _: None)


def examples(run):
    return {"inputs": np.asarray(values(run.data.test.examples))}


def exported(run, root, card=None):
    return serving.export_heads(
        run.heads, run.data.units, examples(run), "tiny", card or {"recipe": "tiny"}, root
    )


def signature(folder):
    """The served function, with what keeps its variables alive."""
    loaded = tf.saved_model.load(str(folder))
    return loaded, loaded.signatures["serving_default"]


def test_each_head_is_a_saved_model_with_named_float32_signatures(run, tmp_path):
    folders = exported(run, tmp_path / "models")
    names = {"encoder": ("inputs", "code"), "decoder": ("code", "reconstruction")}
    names["autoencoder"] = ("inputs", "reconstruction")
    for head, (taken, given) in names.items():
        assert folders[head] == tmp_path / "models" / "tiny" / head / "1"
        _, served = signature(folders[head])
        [(name, spec)] = served.structured_input_signature[1].items()
        assert (name, spec.dtype, spec.shape[0]) == (taken, tf.float32, None)
        assert list(served.structured_outputs) == [given]
        assert served.structured_outputs[given].dtype == tf.float32


@pytest.mark.parametrize("batch", [1, 7, 64])
def test_the_served_heads_equal_the_keras_heads_at_any_batch_size(run, tmp_path, random, batch):
    folders = exported(run, tmp_path / "models")
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


def test_a_served_graph_has_no_state_but_its_weights_and_no_randomness(run, tmp_path):
    for folder in exported(run, tmp_path / "models").values():
        _, served = signature(folder)
        types = {op.type for op in served.graph.get_operations()}
        types |= {
            node.op for function in served.graph.as_graph_def().library.function for node in function.node_def
        }
        assert not {kind for kind in types if "Random" in kind or "Assign" in kind or "PyFunc" in kind}


def test_real_data_goes_in_and_comes_out_in_its_own_units(tiny_recipe, tmp_path, random):
    raw = (random.normal(size=(300, 2)) @ random.normal(size=(2, 5)) * 50 + 1000).astype("float32")
    np.save(tmp_path / "a.npy", raw)
    recipe = dataclasses.replace(tiny_recipe, data=ArrayFile(str(tmp_path / "a.npy")), epochs=5)
    run = train(recipe, tmp_path / "run", report=lambda _: None)
    _, served = signature(exported(run, tmp_path / "models")["autoencoder"])
    restored = served(inputs=tf.constant(raw))["reconstruction"].numpy()
    assert restored.mean() == pytest.approx(1000, rel=0.05)
    standardised = (raw - run.data.offset) / run.data.scale
    expected = (
        run.heads.end_to_end({"inputs": standardised})["reconstruction"] * run.data.scale + run.data.offset
    )
    np.testing.assert_allclose(restored, expected, rtol=1e-5)


def test_the_next_export_takes_the_next_number_and_leaves_the_first(run, tmp_path):
    first = exported(run, tmp_path)
    before = (first["encoder"] / "saved_model.pb").stat().st_mtime_ns
    second = exported(run, tmp_path)
    assert {folder.name for folder in second.values()} == {"2"}
    assert (first["encoder"] / "saved_model.pb").stat().st_mtime_ns == before


def test_a_number_is_never_used_again_while_a_higher_one_is_there(run, tmp_path):
    (tmp_path / "tiny" / "decoder" / "41").mkdir(parents=True)
    assert {folder.name for folder in exported(run, tmp_path).values()} == {"42"}


def test_exports_that_race_get_numbers_of_their_own(tmp_path):
    """The moves alone, from many threads: every number whole, none taken twice."""
    folder = tmp_path / "tiny"
    for number in range(8):
        for head in HEADS:
            (folder / f"tmp-{number}" / head).mkdir(parents=True)
            (folder / f"tmp-{number}" / head / "whose").write_text(str(number))
    threads = [
        threading.Thread(target=versions.publish, args=(folder / f"tmp-{number}", folder, HEADS))
        for number in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for head in HEADS:
        assert sorted(int(path.name) for path in (folder / head).iterdir()) == list(range(1, 9))
    for version in range(1, 9):
        assert len({(folder / head / str(version) / "whose").read_text() for head in HEADS}) == 1


def test_an_export_that_fails_between_two_heads_takes_the_first_back(tmp_path):
    for head in HEADS[:2]:
        (tmp_path / "tmp" / head).mkdir(parents=True)
    with pytest.raises(OSError, match="autoencoder"):
        versions.publish(tmp_path / "tmp", tmp_path, HEADS)
    assert not list(tmp_path.glob("*/[0-9]*"))


def test_an_export_that_differs_from_its_model_is_refused_and_leaves_nothing(run, tmp_path, monkeypatch):
    monkeypatch.setattr(serving, "TOLERANCE", -1.0)
    with pytest.raises(ExportError, match="code of encoder differs by"):
        exported(run, tmp_path / "models")
    assert not list((tmp_path / "models" / "tiny").iterdir())


def test_a_folder_that_cannot_be_written_is_refused(run, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot be written .* name another folder"):
        exported(run, tmp_path / "file")


def test_models_config_names_every_head(run, tmp_path):
    exported(run, tmp_path)
    serving.export_heads(run.heads, run.data.units, examples(run), "other", {}, tmp_path)
    (tmp_path / "unfinished" / "encoder" / "tmp-1").mkdir(parents=True)
    text = (tmp_path / "models.config").read_text()
    for recipe in ("tiny", "other"):
        for head in HEADS:
            assert f'name: "{recipe}_{head}"' in text
            assert f'base_path: "/models/{recipe}/{head}"' in text
    assert text.count("config {") == 6
    assert "unfinished" not in text


def test_the_card_tells_where_a_model_came_from(run, tmp_path):
    table = evaluate(run)
    card = model_card(run.recipe, run.data, run.heads, run.history, table)
    folders = exported(run, tmp_path, card)
    for head, folder in folders.items():
        read = json.loads((folder / "card.json").read_text())
        assert read["head"] == head
        assert read["data"]["sha256"] == run.data.sha256
        assert read["recipe"]["task.corruption.sigma"] == 0.2
        assert read["metrics"] == table["tiny"]
        assert set(read["baselines"]) == {"noisy input", "linear denoiser"}
        assert read["parameters"] == run.heads.end_to_end.count_params()
        assert read["epochs"] == read["best_epoch"] == 1
        assert read["seconds"] > 0
        assert read["stages"] == {}
        assert read["versions"]["keras"].startswith("3.")
        assert read["versions"]["tensorflow"].startswith("2.")
        assert read["seed"] == 0
    read = json.loads((folders["decoder"] / "card.json").read_text())
    assert read["signature"]["inputs"] == {"code": {"shape": [None, 4], "dtype": "float32"}}
    assert read["signature"]["outputs"] == {
        "reconstruction": {"shape": [None, 12, 12, 1], "dtype": "float32"}
    }

"""The verbs that generate and walk through codes, as they are called, by a small network of levels."""

import dataclasses
import json
from functools import cache

import keras
import numpy as np
import pytest
import tensorflow as tf
from conftest import exporting
from PIL import Image

from keras_ae.apps.generation import generator
from keras_ae.apps.generation.generate import ORIGINS_FILE
from keras_ae.backbones.steps import StepsBackbone
from keras_ae.cli import main
from keras_ae.data.pipeline import PairedData
from keras_ae.formats.levels.legend import MARIO
from keras_ae.recipe import load
from keras_ae.runs.artifacts import load_artifacts, save_artifacts
from keras_ae.runs.data_facts import save_data_facts
from keras_ae.runs.run import Run
from keras_ae.serving.export import export_heads


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The folder of a run of level_generation as training leaves it, of a network that learned nothing."""
    folder = tmp_path_factory.mktemp("levels")
    recipe = load("level_generation")
    variant = dataclasses.replace(
        recipe.variant, backbone=StepsBackbone((16,), axis=1), num_embeddings=16, embedding_dim=4
    )
    data = recipe.data.sample()
    keras.utils.set_random_seed(0)
    heads = variant.build(PairedData(data, recipe.task).spec)
    unlearned = Run(dataclasses.replace(recipe, variant=variant), folder, data, heads)
    save_data_facts(unlearned)
    save_artifacts(unlearned)
    request = {"recipe": "level_generation", "data": None, "set": ["data.levels=6", "data.columns=34"]}
    (folder / "request.json").write_text(json.dumps(request))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(generator, "load_artifacts", cache(generator.load_artifacts))  # read once by all verbs
        yield folder


@pytest.fixture
def ask(run, tmp_path, capsys):
    """Runs a verb on that run, its files below the test's folder: (status, what it printed, that folder)."""

    def ask(verb, *arguments, output="out"):
        folder = tmp_path / output
        words = [verb, "level_generation", *arguments, "--run-dir", str(run), "--output", str(folder)]
        status = main(words)
        told = capsys.readouterr()
        return status, told.out + told.err, folder

    return ask


def levels_in(folder):
    return {path.stem: MARIO.level(path.read_text(), str(path)) for path in sorted(folder.glob("*.txt"))}


def test_levels_are_generated_mended_and_drawn(ask):
    status, told, folder = ask("generate", "--count", "5", "--seed", "1", "--playable")
    assert status == 0
    assert "valid as written: 100.0%" in told
    levels = levels_in(folder)
    assert [*levels] == ["001", "002", "003", "004", "005"]
    assert all(level.shape == (14, 28) for level in levels.values())
    with Image.open(folder / "sheet.png") as sheet:
        assert sheet.width > 448
    again = ask("generate", "--count", "5", "--seed", "1", "--playable", output="again")[2]
    assert (folder / "003.txt").read_text() == (again / "003.txt").read_text()


def test_the_served_decoder_gives_what_was_generated(run, ask, tmp_path):
    _, _, folder = ask("generate", "--count", "4", "--seed", "3")
    kept = load_artifacts(run)
    with exporting("decoder"):
        folders = export_heads(kept, "level_generation", {}, tmp_path / "models")
    served = tf.saved_model.load(str(folders["decoder"])).signatures["sample"]
    with np.load(folder / ORIGINS_FILE) as origins:
        given = served(noise=tf.constant(origins["noise"]))
    assert given["reconstruction"].shape == (4, 14, 28, 13)
    np.testing.assert_allclose(tf.reduce_sum(given["reconstruction"], axis=-1), 1, atol=1e-5)
    first, second = np.moveaxis(np.sort(given["reconstruction"])[..., -2:], -1, 0)
    sure = second - first > 1e-6  # else another graph's last digits may decide
    np.testing.assert_array_equal(
        given["classes"].numpy()[sure], np.array([*levels_in(folder).values()])[sure]
    )
    assert sure.mean() > 0.95


def test_levels_are_joined_to_a_length_after_an_opening(ask):
    _, _, folder = ask("generate", "--count", "1", "--length", "60")
    whole = levels_in(folder)["001"]
    assert whole.shape == (14, 60)
    (folder / "opening.txt").write_text(MARIO.text(whole[:, :20]))
    opening = str(folder / "opening.txt")
    _, _, after = ask("generate", "--count", "2", "--length", "40", "--after", opening, output="after")
    joined = levels_in(after)["002"]
    assert joined.shape == (14, 40)
    np.testing.assert_array_equal(joined[:, :20], whole[:, :20])
    assert not (after / ORIGINS_FILE).exists()


def test_codes_are_walked_through(ask, tmp_path):
    assert len(levels_in(ask("interpolate", "seed:1", "test:0", "--steps", "4")[2])) == 4
    status, told, folder = ask("traverse", "seed:1", "--dimension", "3", "--steps", "3", output="dimensions")
    assert (status, "change of the decoded example" in told) == (0, True)
    assert all(name.startswith("dimension_003_") for name in levels_in(folder))
    _, told, folder = ask("attribute", "test:0", "--add", "pipes", "--strength", "1.5", output="pipes")
    assert "1 example without and with pipes, and sheet.png in" in told
    assert [*levels_in(folder)] == ["test_0_after", "test_0_before"]
    _, told, folder = ask("reconstruct", "test:0", "seed:2", output="back")
    assert "test_0: " in told
    assert "of 392 positions unchanged" in told
    assert "2 examples, their reconstructions and sheet.png in" in told
    assert "1 example, its reconstruction and sheet.png in" in ask("reconstruct", "test:0", output="one")[1]
    with np.load(folder / "codes.npz") as codes:
        assert codes["code_test_0"].shape == (1, 28)
    longer = tmp_path / "a" / "sheet.txt"
    longer.parent.mkdir()
    longer.write_text("\n".join(["-" * 40] * 14))
    _, told, folder = ask("attribute", str(longer), str(longer), "--add", "pipes", output="twice")
    assert "the first 28 of 40 steps are taken" in told
    assert {path.stem for path in folder.glob("*.txt")} == {
        "sheet_2_before", "sheet_2_after", "sheet_3_before", "sheet_3_after",
    }  # fmt: skip
    _, told, folder = ask("nearest", "train:5", "--count", "2", output="near")
    assert "train_5: train:5 0.0000" in told
    assert "(a copy)" in told
    assert "1 example with the nearest of training and sheet.png in" in told
    assert [*levels_in(folder)] == ["train_5", "train_5_near_1", "train_5_near_2"]


def test_results_are_one_json_document(run, tmp_path, capsys):
    for words, key in (
        (["nearest", "level_generation", "train:5", "--count", "2"], "nearest"),
        (["traverse", "level_generation", "train:5", "--dimension", "1", "--steps", "2"], "dimensions"),
    ):
        folder = tmp_path / key
        assert main([*words, "--run-dir", str(run), "--output", str(folder), "--json"]) == 0
        told = capsys.readouterr()
        result = json.loads(told.out)
        assert sorted(result["files"]) == sorted(map(str, folder.glob("[!.]*")))
        assert "run folder" in told.err
        if key == "nearest":
            [row] = result[key]
            assert row["name"] == "train_5"
            assert row["neighbors"][0] == {"train": 5, "distance": 0.0}
            assert len(row["neighbors"]) == 2
        else:
            assert [row["dimension"] for row in result[key]] == [1]


def test_what_cannot_be_done_is_told_in_a_line(ask, tmp_path):
    ragged, unknown = tmp_path / "ragged.txt", tmp_path / "unknown.txt"
    ragged.write_text("---\n--\n")
    unknown.write_text("\n".join(["-" * 27 + "~"] * 14))
    for arguments, message in (
        (
            ("attribute", "seed:1", "--add", ""),
            "expected a label or an attribute to add, received nothing; name one with --add",
        ),
        (("generate", "--seed", "-1"), "expected a seed of at least 0, received -1"),
        (
            ("generate", "--length", "99", "--after", "gone.txt"),
            "there is no file gone.txt; name one, an example such as test:5",
        ),
        (("generate", "--best-of", "0"), "expected the best of at least 1 sample"),
        (("generate", "--count", "0"), "expected a count from 1 to 10,000, received 0"),
        (("generate", "--temperature", "0"), "temperature above 0"),
        (("generate", "--length", "5"), "at least one window's, 28 columns, received 5"),
        (("generate", "--after", str(ragged)), "an opening is continued to a length; add --length"),
        (("generate", "--class", "3"), "takes no class"),
        (("interpolate", "seed:1", "nowhere.txt"), "there is no file nowhere.txt"),
        (("interpolate", "seed:1", "seed:2", "--steps", "1"), "from 2 to 1,000 steps"),
        (("generate", "--length", "20000"), "length from 1 to 10,000"),
        (("attribute", "seed:1", "--add", "gaps", "--strength", "much"), "a number such as 1.5"),
        (("attribute", "seed:1", "--add", "sunshine"), "expected one of"),
        (
            ("attribute", "seed:1", "--add", "pipes", "--strength", "nan"),
            "a number such as 1.5 or -1, received",
        ),
        (("reconstruct", str(ragged)), "ragged.txt"),
        (("reconstruct", str(unknown)), "~"),
        (("nearest", "seed:1", "--count", "0"), "count of at least 1"),
        (("traverse", "seed:1", "--dimension", "99"), "dimension of the code from 0 to 27"),
    ):
        status, told, folder = ask(*arguments)
        assert status == 2, told
        [line] = [line for line in told.splitlines() if line.startswith("keras-ae: ")]
        assert message in line
        assert not folder.exists()


def test_a_file_is_no_folder_to_write_to(ask, tmp_path):
    (tmp_path / "taken").write_text("mine")
    for output in ("taken", "taken/deeper"):
        status, told, _ = ask("generate", "--count", "1", "--force", output=output)
        assert status == 2
        assert "is not a folder); name another --output" in told
    assert (tmp_path / "taken").read_text() == "mine"


def test_files_that_are_there_are_not_replaced_unasked(ask):
    ask("generate", "--count", "1")
    status, told, folder = ask("generate", "--count", "1")
    assert (status, "--force" in told) == (2, True)
    mine = folder / "mine.txt"
    mine.write_text("kept")
    assert ask("generate", "--count", "4", "--force")[0] == 0
    assert ask("generate", "--count", "2", "--length", "40", "--force")[0] == 0
    assert {path.stem for path in folder.glob("*.txt")} == {"001", "002", "mine"}
    assert not (folder / ORIGINS_FILE).exists()
    assert mine.read_text() == "kept"

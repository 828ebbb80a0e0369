"""Models by name: two data sets of one recipe beside each other, and every verb that takes a model's name."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from conftest import exporting, untrained
from PIL import Image

from keras_ae import cli
from keras_ae.apps.listing.trained import trained_models
from keras_ae.errors import InputError
from keras_ae.runs import evaluation
from keras_ae.runs.folders import data_of_newest, finished_run, model_name, run_to_resume, started_on
from keras_ae.runs.request import RunRequest, read_request
from keras_ae.serving import config_files, versions
from keras_ae.training import complete

QUICK = "epochs=1 variant.backbone.filters=4,4 variant.latent_dim=3 batch_size=16"


def write_images(folder, seed):
    folder.mkdir(parents=True)
    random = np.random.default_rng(seed)
    for number in range(40):
        Image.fromarray(random.integers(0, 255, (12, 12), dtype=np.uint8)).save(folder / f"{number}.png")


def train(*words):
    """Trains no step, computes no metrics, and exports one head: the names alone are looked at."""
    with untrained(), exporting("encoder"), pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluation, "evaluate", lambda run: {run.name: {"mse": 1.0}})
        patch.setattr(complete, "write_final_report", lambda *_: None)
        return cli.main(["train", *words, "--set", QUICK])


@pytest.fixture(scope="module")
def pristine(tmp_path_factory):
    """A folder in which one recipe was trained on two data sets, which are `pics` and `my photos`."""
    folder = tmp_path_factory.mktemp("models")
    write_images(folder / "pics", 0)
    write_images(folder / "my photos", 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert train("denoising", "--data", "pics") == 0
        assert train("denoising", "--data", "my photos") == 0
    return folder


@pytest.fixture
def home(pristine, tmp_path, monkeypatch):
    """A copy of it, in which a test works."""
    monkeypatch.chdir(shutil.copytree(pristine, tmp_path / "home"))
    return tmp_path / "home"


def told(capsys, *words):
    """(status, standard output, lines on standard error)"""
    status = cli.main([*words])
    captured = capsys.readouterr()
    return status, captured.out, captured.err.splitlines()


def test_two_data_sets_of_a_recipe_have_models_of_their_own(home, capsys):
    for name, data in (("denoising-pics", "pics"), ("denoising-my-photos", "my photos")):
        assert [path.name for path in (home / "runs" / name).iterdir()] == ["001"]
        assert read_request(home / "runs" / name / "001")["name"] == name
        assert (home / "saved_models" / name / "encoder/1/saved_model.pb").is_file()
        assert f'name: "{name}_encoder"' in (home / "saved_models/models.config").read_text()
        status, out, _ = told(capsys, "evaluate", name, "--json", "--quiet")
        assert status == 0
        assert json.loads(out)["run"] == f"runs/{name}/001"
        status, out, err = told(capsys, "heads", name)
        assert (status, err) == (0, [])
        assert "encoder  versions 1" in out
        assert trained_models(Path("runs"), Path("saved_models"))[name == "denoising-pics"].data == data


def test_a_recipe_of_several_models_is_refused_with_their_names(home, capsys):
    listing = "several models of the recipe denoising; name one of them in its place: denoising-my-photos, "
    listing += "denoising-pics"
    for words in (
        ["evaluate", "denoising"],
        ["export", "denoising"],
        ["train", "denoising", "--resume"],
        ["reconstruct", "denoising", "pics/1.png"],
        ["pack", "denoising"],
    ):
        assert told(capsys, *words) == (2, "", [f"keras-ae: runs holds {listing}"])
    for words in (
        ["heads", "denoising"],
        ["predict", "denoising", "pics/1.png"],
        ["encode", "denoising", "pics", "--output", "codes.npy"],
        ["restore", "denoising", "pics/1.png"],
        ["convert", "denoising"],
        ["verify", "denoising"],
        ["label", "denoising", "canary", "1"],
        ["rollback", "denoising"],
    ):
        assert told(capsys, *words) == (2, "", [f"keras-ae: saved_models holds {listing}"])


def test_the_one_other_model_of_a_recipe_is_taken_and_told(home, capsys):
    for folder in ("runs", "saved_models"):
        shutil.rmtree(home / folder / "denoising-my-photos")
    for words, where in (
        (["label", "denoising", "canary", "1"], "saved_models"),
        (["heads", "denoising"], "saved_models"),
        (["pack", "denoising"], "runs"),
    ):
        status, _, err = told(capsys, *words)
        assert status == 0
        assert err == [f"taking denoising-pics, the one model of the recipe denoising in {where}"]
    assert versions.labels(home / "saved_models/denoising-pics/encoder") == {"stable": 1, "canary": 1}
    assert (home / "denoising-pics-001.zip").is_file()


def test_the_model_that_is_called_as_the_recipe_has_precedence(home, capsys):
    for folder in ("runs", "saved_models"):
        (home / folder / "denoising-my-photos").rename(home / folder / "denoising")
    status, _, err = told(capsys, "heads", "denoising")
    assert status == 0
    assert err == ["taking denoising; saved_models also holds, of this recipe, denoising-pics"]
    assert finished_run(Path("runs"), "denoising") == Path("runs/denoising/001")
    status, _, err = told(capsys, "heads", "denoising", "--quiet")
    assert (status, err) == (0, [])


def test_a_model_of_a_given_name_is_resumed_exported_and_moved_by_it(home, capsys):
    assert train("denoising", "--data", "pics", "--name", "pets", "--quiet") == 0
    assert (home / "runs/pets/001").is_dir()
    assert train("pets", "--resume", "--quiet") == 0
    assert [path.name for path in (home / "runs/pets").iterdir()] == ["001"]
    assert versions.versions(home / "saved_models/pets/encoder") == [1, 2]
    capsys.readouterr()
    with exporting("encoder"):
        status, out, _ = told(capsys, "export", "pets", "--name", "production", "--quiet")
        assert (status, out) == (0, "saved_models/production/encoder/1\n")
        status, out, _ = told(capsys, "export", "denoising", "--run-dir", "runs/pets/001", "--quiet")
        assert (status, out) == (0, "saved_models/pets/encoder/3\n")
    assert told(capsys, "rollback", "pets")[1] == "stable of pets_encoder is version 2\n"
    assert versions.exported_models(home / "saved_models")["production"] == "denoising"
    (home / "pets").mkdir()  # such as a folder of data
    assert told(capsys, "pack", "pets")[0] == 0
    assert told(capsys, "unpack", "pets-001.zip")[1] == "run folder: runs/pets/002\n"
    status, out, _ = told(capsys, "reconstruct", "pets", "pics/1.png", "--json")
    assert (status, json.loads(out)["folder"]) == (0, "reconstructed/pets")
    status, out, _ = told(capsys, "predict", "production", "pics/1.png", "--json")
    assert json.loads(out)["outputs"]["code"]["shape"] == [1, 3]


def test_the_listing_of_models_has_all_of_them(home, capsys):
    (home / "saved_models/old/encoder/7").mkdir(parents=True)
    status, out, _ = told(capsys, "models")
    lines = [line.split("  ") for line in out.splitlines()]
    rows = [[cell.strip() for cell in line if cell] for line in lines]
    assert status == 0
    assert rows == [
        ["model", "recipe", "data", "newest run", "exported, stable version"],
        ["denoising-my-photos", "denoising", "my photos", "runs/denoising-my-photos/001", "encoder 1"],
        ["denoising-pics", "denoising", "pics", "runs/denoising-pics/001", "encoder 1"],
        ["old", "old", "-", "-", "encoder 7"],
    ]
    assert json.loads(told(capsys, "models", "--json")[1])[2]["heads"] == {"encoder": 7}
    assert told(capsys, "models", "--runs", "none", "--models", "none")[1] == "no model in none or none\n"


def test_other_data_of_the_same_name_are_told(home, capsys):
    shutil.copytree("pics", "old/pics")
    assert train("denoising", "--data", "old/pics") == 0
    line = "runs/denoising-pics has a run on pics, and this one is on old/pics; --name keeps them apart"
    assert line in capsys.readouterr().out.splitlines()
    assert data_of_newest(Path("runs"), "denoising-pics") == "old/pics"
    for data, is_same in (("./old/pics/", True), (str(home / "old/pics"), True), ("pics", False)):
        assert started_on(Path("runs"), "denoising-pics", data) == is_same
    assert not started_on(Path("runs"), "denoising-mnist", "mnist")


def test_a_run_is_found_to_be_resumed_by_recipe_by_name_and_by_data(home):
    runs, pics = Path("runs"), Path("runs/denoising-pics/001")
    assert run_to_resume(runs, "denoising-pics", None) == pics
    assert run_to_resume(runs, "denoising", "denoising-pics") == pics
    assert run_to_resume(runs, "denoising", None, pics) == pics
    assert run_to_resume(runs, "denoising", "other") is None
    assert run_to_resume(runs, "digits", None) is None
    by_data = [complete._resumed(RunRequest("denoising", data), runs, None) for data in ("pics", "mnist")]
    assert by_data == [pics, None]
    with pytest.raises(InputError, match="several models of the recipe denoising"):
        run_to_resume(runs, "denoising", None)
    before = (home / "runs/denoising-pics").rename(home / "runs/denoising") / "001"  # as it once was called
    content = json.loads((before / "request.json").read_text()) | {"name": "denoising"}
    (before / "request.json").write_text(json.dumps(content))
    assert complete._resumed(RunRequest("denoising", "pics"), runs, None) == Path("runs/denoising/001")
    assert complete._resumed(RunRequest("denoising", "mnist"), runs, None) is None
    before.parent.rename(home / "runs/denoising-pics")
    with pytest.raises(
        InputError, match="a run called denoising-pics, expected one called x; leave out --name"
    ):
        run_to_resume(runs, "denoising", "x", pics)


def test_the_recipes_own_data_make_the_plain_name():
    """Also where they are given, as a name or as a setting."""
    for data, settings, name in (
        (None, (), "denoising"),
        ("mnist_5k", ("epochs=3",), "denoising"),
        (None, ("data=Mnist5k",), "denoising"),
        ("mnist", (), "denoising-mnist"),
        (None, ("data=FashionMnist",), "denoising-FashionMnist"),
        ("mnist", ("data=Mnist5k",), "denoising"),
    ):
        assert RunRequest("denoising", data, settings).with_default_name().name == name
    assert RunRequest("denoising", "mnist", name="x").with_default_name().name == "x"


NAMES = ("..", ".hidden", "a/b", 'a"b', "a b", "", "é", "x" * 300)


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_name_that_no_folder_may_have_is_refused_by_every_verb(name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("a.csv").write_text("x\n1\n")
    for words in (
        ["train", "denoising", f"--name={name}"],
        ["sweep", "denoising", "epochs", "1,2", f"--name={name}"],
        ["export", "denoising", f"--name={name}"],
        ["detect", "table_anomaly", "a.csv", f"--name={name}"],
        ["heads", name],
        ["predict", name, "a.csv"],
        ["predict", name, "a.csv", "--url", "http://localhost:1"],
        ["encode", name, "a.csv", "--output", "codes.csv"],
        ["restore", name, "a.csv"],
        ["convert", name],
        ["verify", name],
        ["label", name, "canary", "1"],
        ["evaluate", name],
        ["generate", name],
        ["monitor", name, "a.csv"],
        ["pack", name],
    ):
        if words[0] == "pack" and name in ("", ".."):
            continue  # folders that are there
        status, out, [line] = told(capsys, *words)
        assert (status, out) == (2, "")
        assert " must be one part of letters, digits, _, . and - " in line
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("train denoising --name digits", "digits is the name of another recipe"),
        ("export denoising-pics --name digits", "digits is the name of another recipe"),
        (
            "train denoising-pics",
            "expected a recipe to train, denoising-pics is a model of the recipe denoising;",
        ),
        ("sweep denoising-pics epochs 1,2", "expected a recipe to train, denoising-pics is a model of"),
        ("detect denoising-pics a.csv", "expected a recipe to train, denoising-pics is a model of"),
        (
            "detect table_anomaly a.csv --trained --name x",
            "with --trained nothing is trained; leave out --name",
        ),
        (
            "train denoising --resume --run-dir runs/denoising-pics/001 --name x",
            "a run called denoising-pics, ",
        ),
        (
            "evaluate digits --run-dir runs/denoising-pics/001",
            "is a run of denoising called denoising-pics, ",
        ),
        ("evaluate denoising-pisc", "called 'denoising-pisc' (near it: denoising-pics"),
        ("predict denoising-pics pics/1.png --head ../decoder", "the name of a head must be one part of"),
        ("train gone --resume", "there is no recipe called 'gone'; keras-ae list"),
    ],
)
def test_what_no_model_is_or_may_be_is_refused(home, capsys, words, message):
    Path("a.csv").write_text("x\n1\n")
    status, _, [line] = told(capsys, *words.split())
    assert status == 2
    assert message in line


def test_a_run_is_called_as_its_folder_or_as_it_says(home):
    directory = home / "runs/denoising-pics/001"
    assert model_name(directory, home / "runs") == "denoising-pics"
    renamed = shutil.copytree(directory.parent, home / "runs/pets") / "001"
    assert model_name(renamed, home / "runs") == "pets"
    assert finished_run(home / "runs", "pets") == renamed
    assert RunRequest.of_run(renamed, "pets").recipe == "denoising"
    assert model_name(shutil.copytree(directory, home / "backup/5"), home / "runs") == "denoising-pics"
    assert model_name(home, home / "runs") is None


def test_a_run_of_before_is_called_as_its_recipe(home):
    """It says its recipe and no name."""
    (home / "runs/denoising-pics").rename(home / "runs/denoising")
    directory = home / "runs/denoising/001"
    (directory / "request.json").write_text('{"recipe": "denoising", "data": "pics", "set": []}')
    assert finished_run(home / "runs", "denoising") == directory
    assert model_name(directory, home / "runs") == model_name(directory, home) == "denoising"
    assert RunRequest.of_run(directory, "denoising") == RunRequest("denoising", "pics")


def test_a_run_whose_recipe_is_not_there_says_what_to_give(home):
    directory = home / "runs/denoising-pics/001"
    content = json.loads((directory / "request.json").read_text())
    (directory / "request.json").write_text(json.dumps(content | {"recipe": "mine", "file": "my/mine.py"}))
    with pytest.raises(
        InputError, match="a run of the recipe mine, .* place of the name: my/mine.py --run-dir"
    ):
        RunRequest.of_run(directory, "denoising-pics")
    (home / "mine.py").touch()
    assert RunRequest.of_run(directory, "mine.py").recipe == "mine.py"
    for name in ("../x", 5):  # as an unpacked run may say
        (directory / "request.json").write_text(json.dumps(content | {"name": name}))
        with pytest.raises(InputError, match=r"its request.json cannot be read"):
            RunRequest.of_run(directory)


def test_no_head_is_served_under_the_name_of_another(home, exported):
    from keras_ae.runs.artifacts import load_artifacts
    from keras_ae.serving.export import export_heads

    (home / "models/tiny/my_encoder/1").mkdir(parents=True)
    artifacts = load_artifacts(exported.parent / "run")
    with exporting("encoder"):
        with pytest.raises(
            InputError, match="tiny_my and .*my_encoder by the same name, tiny_my_encoder; export"
        ):
            export_heads(artifacts, "tiny_my", {}, home / "models")
        with pytest.raises(InputError, match="the name of a model must be one part of"):
            export_heads(artifacts, "../tiny", {}, home / "models")
    assert [path.name for path in (home / "models").iterdir()] == ["tiny"]


def test_folders_of_other_names_are_not_served_and_told_once(tmp_path, caplog):
    for folder in ('a"b/encoder/1', "a b/encoder/1", ".a/encoder/1", "a/en coder/1", "fine/encoder/1"):
        (tmp_path / folder).mkdir(parents=True)
    config_files.write_files(tmp_path)
    config_files.write_files(tmp_path)
    text = (tmp_path / "models.config").read_text()
    assert [line.strip() for line in text.splitlines() if "name:" in line] == ['name: "fine_encoder"']
    assert len(caplog.messages) == 4
    assert all("is left out; the name of a model or of a head must be" in text for text in caplog.messages)

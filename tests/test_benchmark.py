"""The table that compares variants: complete, resumable, and strict about what it is asked."""

import pkgutil
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from keras_ae import benchmark, variants
from keras_ae.benchmark import contenders
from keras_ae.cli import main
from keras_ae.data.arrays import ArrayFile
from keras_ae.data.dataset import Sample
from keras_ae.data.mnist import Mnist5k
from keras_ae.errors import InputError
from keras_ae.variants.variational import Variational

SMALL = ["variant.backbone=DenseBackbone(units=(16,))", "variant.latent_dim=4", "batch_size=64"]


def test_every_file_of_variants_has_a_contender():
    compared = {type(variant).__module__ for variant in contenders().values()}
    names = {info.name for info in pkgutil.iter_modules(variants.__path__)} - {"skip_connected"}
    assert compared == {f"{variants.__name__}.{name}" for name in names}


@pytest.mark.slow
def test_a_table_has_a_row_a_variant_and_is_not_made_twice(tmp_path, monkeypatch):
    notes = []
    asked = (Sample(Mnist5k()), tmp_path, ("undercomplete", "conditional"), 1, SMALL, notes.append)
    folder = benchmark.benchmark(*asked)
    lines = (folder / "table.md").read_text().splitlines()
    assert lines[0].startswith("| variant | parameters | code | s / epoch | test MSE | excess CE | active")
    rows = {
        line.split("|")[1].strip(): [cell.strip() for cell in line.split("|")[2:-1]] for line in lines[2:5]
    }
    assert list(rows) == ["PCA", "undercomplete", "conditional"]
    assert [row[1] for row in rows.values()] == ["4", "4", "4"]
    assert rows["undercomplete"][-2] == "-"
    assert float(rows["conditional"][-2]) > 0
    assert "not the Inception FID" in (folder / "table.md").read_text()
    with Image.open(folder / "pictures.png") as picture:
        width, height = picture.size
    assert width > 20 * 58
    assert height == 4 * 58 + 2
    monkeypatch.setattr(benchmark, "train", None)
    assert benchmark.benchmark(*asked) == folder
    assert (folder / "table.md").read_text().splitlines() == lines


@pytest.mark.slow
def test_another_budget_is_another_table(tmp_path, monkeypatch):
    monkeypatch.setattr(
        benchmark,
        "_row",
        lambda recipe, folder, data, report: benchmark._principal_components(recipe, data, 4),
    )
    folders = {
        benchmark.benchmark(Sample(Mnist5k()), tmp_path, ("undercomplete",), epochs, SMALL, lambda _: None)
        for epochs in (1, 2)
    }
    settings = [*SMALL[:1], "variant.latent_dim=5", *SMALL[2:]]
    folders.add(benchmark.benchmark(Sample(Mnist5k()), tmp_path, ("undercomplete",), 1, settings, str))
    assert len(folders) == 3


@pytest.mark.slow
def test_a_variant_that_has_changed_is_trained_anew_and_a_cut_off_row_is_measured_again(
    tmp_path, monkeypatch
):
    made, notes = [], []
    row = benchmark.Row("undercomplete", {"code": 4.0, "mse": 0.1}, np.zeros((10, 28, 28, 1)), None)

    def train(recipe, folder, resume, report):
        made.append((folder, resume))
        folder.mkdir(parents=True, exist_ok=True)

    monkeypatch.setattr(benchmark, "train", train)
    monkeypatch.setattr(benchmark, "measured", lambda run: row)
    asked = (Sample(Mnist5k()), tmp_path, ("undercomplete",), 1, SMALL, notes.append)
    folder = benchmark.benchmark(*asked)
    monkeypatch.setattr(benchmark, "contenders", lambda: {"undercomplete": Variational()})
    assert benchmark.benchmark(*asked) == folder
    assert len({made_in for made_in, _ in made}) == 2
    (made[1][0] / "row.npz").rename(made[1][0] / "new-row.npz")
    benchmark.benchmark(*asked)
    assert made[2] == (made[1][0], True)
    benchmark.benchmark(*asked)
    assert len(made) == 3


@pytest.mark.slow
def test_what_the_data_does_not_allow_is_left_out_unless_it_was_asked_for(tmp_path, random, monkeypatch):
    np.save(tmp_path / "a.npy", random.uniform(size=(40, 4, 4)))
    few = {name: contenders()[name] for name in ("conditional", "undercomplete", "variational")}
    monkeypatch.setattr(benchmark, "contenders", lambda: few)
    notes, data = [], ArrayFile(str(tmp_path / "a.npy"))
    folder = benchmark.benchmark(data, tmp_path / "all", (), 1, [*SMALL, "variant.beta=2"], notes.append)
    table = (folder / "table.md").read_text()
    assert "| variational |" in table
    assert "| undercomplete |" not in table
    assert any(note.startswith("undercomplete is left out: variant.beta: Undercom") for note in notes)
    folder = benchmark.benchmark(data, tmp_path / "all", (), 1, SMALL, notes.append)
    assert any(note.startswith("conditional is left out: a conditional autoencoder") for note in notes)
    table = (folder / "table.md").read_text()
    assert "| undercomplete |" in table
    assert "linear probe" not in table
    with pytest.raises(InputError, match="needs a label"):
        benchmark.benchmark(data, tmp_path / "one", ("conditional",), 1, SMALL, notes.append)


def test_the_command_writes_a_table_and_says_where(tmp_path, random, capsys):
    np.savez(
        tmp_path / "a.npz", x=random.uniform(size=(40, 4, 4)), y=np.zeros(40, int)
    )  # labels of one class
    arguments = ["--data", str(tmp_path / "a.npz"), "--variants", "sparse", "--runs", str(tmp_path / "runs")]
    settings = ["--epochs", "1", "--set", " ".join([*SMALL[:2], "batch_size=8"])]
    assert main(["benchmark", *arguments, *settings]) == 0
    found = re.search("table and pictures:  (.*)", capsys.readouterr().out)
    assert (Path(found[1]) / "table.md").read_text().count("| sparse |") == 1
    assert main(["benchmark", *arguments, "--epochs", "0"]) == 2
    assert "epochs: epochs is at least 1, received 0" in capsys.readouterr().err


def test_settings_that_no_variant_takes_are_refused(tmp_path):
    with pytest.raises(InputError, match="has no field 'epoch'"):
        benchmark.benchmark(Sample(Mnist5k()), tmp_path, settings=["epoch=3"], report=str)


def test_an_unknown_variant_and_real_values_are_refused(tmp_path, random):
    with pytest.raises(InputError, match="expected variants among .*undercomplete.*; received overcomplete"):
        benchmark.benchmark(Sample(Mnist5k()), tmp_path, ("overcomplete",))
    np.save(tmp_path / "a.npy", random.normal(size=(30, 4)))
    with pytest.raises(InputError, match=r"values in \[0, 1\], received real ones"):
        benchmark.benchmark(ArrayFile(str(tmp_path / "a.npy")), tmp_path)

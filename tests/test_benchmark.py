"""The table that compares variants: complete, resumable, and strict about what it is asked."""

import numpy as np
import pytest
from PIL import Image

from keras_ae import benchmark
from keras_ae.benchmark import contenders
from keras_ae.data.arrays import ArrayFile
from keras_ae.data.dataset import Sample
from keras_ae.data.mnist import Mnist5k
from keras_ae.errors import InputError

SMALL = ["variant.backbone=DenseBackbone(units=(16,))", "variant.latent_dim=4", "batch_size=64"]


def test_every_file_of_variants_has_a_contender():
    names = contenders()
    assert {"undercomplete", "sparse", "contractive", "stacked", "variational", "conditional"} <= set(names)


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


def test_another_budget_is_another_table(tmp_path, monkeypatch):
    monkeypatch.setattr(
        benchmark, "_row", lambda recipe, folder, data, report: benchmark._principal_components(recipe, data)
    )
    folders = {
        benchmark.benchmark(Sample(Mnist5k()), tmp_path, ("undercomplete",), epochs, SMALL, lambda _: None)
        for epochs in (1, 2)
    }
    assert len(folders) == 2


def test_what_the_data_does_not_allow_is_left_out_unless_it_was_asked_for(tmp_path, random, monkeypatch):
    np.save(tmp_path / "a.npy", random.uniform(size=(40, 4, 4)))
    few = {name: contenders()[name] for name in ("undercomplete", "conditional")}
    monkeypatch.setattr(benchmark, "contenders", lambda: few)
    notes, data = [], ArrayFile(str(tmp_path / "a.npy"))
    folder = benchmark.benchmark(data, tmp_path / "all", (), 1, SMALL, notes.append)
    assert any(note.startswith("conditional is left out: a conditional autoencoder") for note in notes)
    table = (folder / "table.md").read_text()
    assert "| undercomplete |" in table
    assert "linear probe" not in table
    with pytest.raises(InputError, match="needs a label"):
        benchmark.benchmark(data, tmp_path / "one", ("conditional",), 1, SMALL, notes.append)


def test_an_unknown_variant_and_real_values_are_refused(tmp_path, random):
    with pytest.raises(InputError, match="expected variants among .*undercomplete.*; received overcomplete"):
        benchmark.benchmark(Sample(Mnist5k()), tmp_path, ("overcomplete",))
    np.save(tmp_path / "a.npy", random.normal(size=(30, 4)))
    with pytest.raises(InputError, match=r"values in \[0, 1\], received real ones"):
        benchmark.benchmark(ArrayFile(str(tmp_path / "a.npy")), tmp_path)

"""The table that compares variants: complete, resumable, and strict about what it is asked."""

import dataclasses
import json
import pkgutil
import re
from pathlib import Path

import numpy as np
import pytest
from conftest import untrained
from PIL import Image

from keras_ae import variants
from keras_ae.cli import main
from keras_ae.data.arrays import ArrayFile
from keras_ae.data.dataset import Dataset, Sample
from keras_ae.data.images.mnist import Mnist5k
from keras_ae.data.images.sprites import Sprites
from keras_ae.errors import InputError
from keras_ae.experiments import benchmark
from keras_ae.experiments.benchmark import compared_variants
from keras_ae.experiments.benchmark.rows import disentanglement_metrics
from keras_ae.metrics.disentanglement import mutual_information_gap
from keras_ae.variants.variational import Variational

SMALL = ["variant.backbone=DenseBackbone(units=(16,))", "variant.latent_dim=4", "batch_size=64"]


def test_every_file_of_variants_has_a_contender():
    compared = {type(variant).__module__ for variant in compared_variants().values()}
    # of photographs, of classes in steps, of sounds, of rows
    others = {"skip_connected", "color_distribution", "autoregressive", "recurrent_variational"}
    others |= {"spectral_mask"}
    names = {info.name for info in pkgutil.iter_modules(variants.__path__)} - others
    assert compared == {f"{variants.__name__}.{name}" for name in names}


@pytest.mark.slow
def test_a_table_has_a_row_a_variant_and_is_not_made_twice(tmp_path, monkeypatch):
    notes = []
    asked = (Sample(Mnist5k()), tmp_path, ("undercomplete", "conditional"), 1, SMALL, notes.append)
    folder = benchmark.benchmark(*asked)
    lines = (folder / "table.md").read_text().splitlines()
    assert lines[0].startswith(
        "| variant | parameters | code | s / epoch | test MSE | excess CE | checkerboard | active"
    )
    rows = {
        line.split("|")[1].strip(): [cell.strip() for cell in line.split("|")[2:-1]] for line in lines[2:5]
    }
    assert list(rows) == ["PCA", "undercomplete", "conditional"]
    assert [row[1] for row in rows.values()] == ["4", "4", "4"]
    assert rows["undercomplete"][-2] == "-"
    assert float(rows["conditional"][-2]) > 0
    assert "not the Inception FID" in (folder / "table.md").read_text()
    with Image.open(folder / "images.png") as image:
        width, height = image.size
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
        lambda recipe, folder, data, report: benchmark.principal_components(recipe, data, 4),
    )
    folders = {
        benchmark.benchmark(Sample(Mnist5k()), tmp_path, ("undercomplete",), epochs, SMALL, lambda _: None)
        for epochs in (1, 2)
    }
    settings = [*SMALL[:1], "variant.latent_dim=5", *SMALL[2:]]
    folders.add(benchmark.benchmark(Sample(Mnist5k()), tmp_path, ("undercomplete",), 1, settings, str))
    assert len(folders) == 3


@pytest.mark.slow
def test_a_changed_variant_is_retrained_and_an_incomplete_row_reevaluated(tmp_path, monkeypatch):
    made, notes = [], []
    row = benchmark.Row("undercomplete", {"code": 4.0, "mse": 0.1}, np.zeros((10, 28, 28, 1)), None)

    def train(recipe, folder, resume, report):
        made.append((folder, resume))
        folder.mkdir(parents=True, exist_ok=True)

    monkeypatch.setattr(benchmark, "train", train)
    monkeypatch.setattr(benchmark, "row_of_run", lambda run: row)
    asked = (Sample(Mnist5k()), tmp_path, ("undercomplete",), 1, SMALL, notes.append)
    folder = benchmark.benchmark(*asked)
    monkeypatch.setattr(benchmark, "compared_variants", lambda: {"undercomplete": Variational()})
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
    few = {name: compared_variants()[name] for name in ("conditional", "undercomplete", "variational")}
    monkeypatch.setattr(benchmark, "compared_variants", lambda: few)
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
    with untrained():
        assert main(["benchmark", *arguments, *settings]) == 0
    printed = capsys.readouterr().out
    found = re.search("table and images:  (.*)", printed)
    assert (Path(found[1]) / "table.md").read_text().count("| sparse |") == 1
    assert printed.count("| sparse |") == 1
    assert main(["benchmark", *arguments, "--epochs", "0"]) == 2
    assert "expected --epochs and --seeds of at least 1, received 0 and 1" in capsys.readouterr().err


def test_settings_that_no_variant_takes_are_refused(tmp_path):
    with pytest.raises(InputError, match="has no field 'epoch'"):
        benchmark.benchmark(Sample(Mnist5k()), tmp_path, settings=["epoch=3"], report=str)


def test_an_unknown_variant_and_real_values_are_refused(tmp_path, random):
    with pytest.raises(
        InputError, match="no variant called 'overcomplete' to compare .near it: undercomplete"
    ):
        benchmark.benchmark(Sample(Mnist5k()), tmp_path, ("overcomplete",))
    np.save(tmp_path / "a.npy", random.normal(size=(30, 4)))
    with pytest.raises(InputError, match=r"values in \[0, 1\], received real values"):
        benchmark.benchmark(ArrayFile(str(tmp_path / "a.npy")), tmp_path)


@pytest.fixture
def trained(monkeypatch):
    """Trainings in the place of real ones, which only note their seeds; codes are the factors, or none."""
    seeds = []

    def train(recipe, folder, resume, report):
        seeds.append(recipe.seed)
        folder.mkdir(parents=True)
        return recipe

    def measured(recipe):
        data = recipe.data.load()
        figures = {"code": 4.0, "mse": 0.1 * (1 + recipe.seed), "nmi": 0.5}
        if data.factors is not None:
            figures |= disentanglement_metrics(data.factors["test"], data)
        return benchmark.Row(recipe.name, figures, np.full((10, *data.test.shape), 0.1 * recipe.seed), None)

    monkeypatch.setattr(benchmark, "train", train)
    monkeypatch.setattr(benchmark, "row_of_run", measured)
    return seeds


def test_several_seeds_give_means_and_spreads(tmp_path, random, trained):
    np.save(tmp_path / "a.npy", random.uniform(size=(200, 4, 4)))
    asked = (ArrayFile(str(tmp_path / "a.npy")), tmp_path, ("sparse",), 1, SMALL[:2], lambda _: None)
    folder = benchmark.benchmark(*asked)
    alone = (folder / "table.md").read_text()
    assert re.search(r"\| sparse \|.* 4 \| 0.1000 \|", alone)
    assert "±" not in alone
    assert benchmark.benchmark(*asked, seeds=3) == folder
    assert trained == [0, 1, 2]  # the first was there
    table = (folder / "table.md").read_text()
    assert re.search(r"\| sparse \|.* 4 \| 0.2000 ± 0.1000 \|", table)
    assert re.search(r"\| PCA \| [^±]*\n", table)
    assert "of 3 trainings, seeds 0 to 2; a single number if all agree" in table
    kept = json.loads((folder / "figures.json").read_text())
    assert kept["seeds"] == [0, 1, 2]
    assert [row["mse"] for row in kept["figures"]["sparse"]] == pytest.approx([0.1, 0.2, 0.3])
    assert len(kept["figures"]["PCA"]) == 1
    other = benchmark.benchmark(*asked[:4], [*SMALL[:2], "seed=7"], lambda _: None, seeds=2)
    assert other != folder
    assert trained[3:] == [7, 8]


@dataclasses.dataclass(frozen=True)
class Unlabeled(Dataset):
    """Sprites of which the shape is a factor alone, so that no classifier is trained."""

    def load(self):
        data = Sprites().sample()
        splits = {name: dataclasses.replace(split, labels=None) for name, split in data.splits.items()}
        return dataclasses.replace(data, **splits)


def test_where_factors_are_known_disentanglement_is_in_the_table(tmp_path, trained):
    folder = benchmark.benchmark(Unlabeled(), tmp_path, ("variational",), 1, SMALL[:2], str, seeds=2)
    header, _, principal, line, *rest = (folder / "table.md").read_text().splitlines()
    assert header.endswith("| k-means NMI | MIG | beta-VAE score |")
    factors = Unlabeled().load().factors["test"]
    gap = mutual_information_gap(factors, factors)
    assert line.endswith(f" | 0.1500 ± 0.0707 | - | - | - | 0.500 | {gap:.3f} | 1.000 |")
    assert 0 <= float(principal.split("|")[-3]) < 0.5 < float(principal.split("|")[-2]) <= 1
    assert f"chance 0.200) are computed on the {len(factors)} test examples" in rest[-1]
    assert rest[-1].endswith("factors that vary in them: shape, size, rotation, x, y.")
    kept = json.loads((folder / "figures.json").read_text())["figures"]
    assert kept["variational"][1]["mig"] == gap


def test_only_factors_that_vary_are_measured_and_only_of_their_own_examples():
    data = Sprites().sample()
    codes = data.factors["test"].astype(float)
    same = dataclasses.replace(data, factors={"test": np.where([1, 0, 0, 0, 1], data.factors["test"], 2)})
    found = disentanglement_metrics(codes, same)
    assert set(found) == {"mig_shape", "mig_y", "mig", "beta_vae_score"}
    one = dataclasses.replace(data, factors={"test": np.where([0, 0, 0, 0, 1], data.factors["test"], 2)})
    assert set(disentanglement_metrics(codes, one)) == {"mig_y", "mig"}
    none = dataclasses.replace(data, factors={"test": np.zeros_like(data.factors["test"])})
    assert disentanglement_metrics(codes, none) == {}
    with pytest.raises(ValueError, match="of the same n examples"):
        disentanglement_metrics(codes[:5], data)


def test_fewer_than_one_seed_is_refused(tmp_path, capsys):
    with pytest.raises(InputError, match="expected 1 seed or more .* received 0"):
        benchmark.benchmark(Sample(Mnist5k()), tmp_path, ("sparse",), seeds=0)
    assert main(["benchmark", "--data", "sprites", "--variants", "sparse", "--seeds", "0"]) == 2
    assert "expected --epochs and --seeds of at least 1, received 40 and 0" in capsys.readouterr().err


@pytest.mark.slow
def test_sprites_are_compared_over_seeds_by_the_command(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("keras_ae.data.find.find_dataset", lambda text: Sample(Sprites()))
    asked = ["--data", "sprites", "--variants", "variational factor_vae", "--epochs", "2", "--seeds", "2"]
    conv = ["--set", "variant.backbone=ConvBackbone(filters=(4,)) variant.latent_dim=3 batch_size=32"]
    assert main(["benchmark", *asked, *conv, "--runs", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "variational, seed 1: " in printed
    lines = re.search("table and images:  (.*)", printed)[1]
    rows = (Path(lines) / "table.md").read_text().splitlines()[3:5]
    assert [row.split(" | ")[0] for row in rows] == ["| variational", "| factor_vae"]
    assert all(row.count("±") >= 5 for row in rows)

"""Projections of a run's codes: files, TensorBoard's projector, how far to trust them, what is refused."""

import dataclasses

import numpy as np
import pytest
from google.protobuf import text_format
from PIL import Image
from tensorboard.plugins import projector

from keras_ae.apps.projection.chart import scatter
from keras_ae.apps.projection.project import METHODS, codes_of, project
from keras_ae.cli import project as verb
from keras_ae.cli.parser import make_parser
from keras_ae.errors import InputError
from keras_ae.metrics.neighborhoods import neighborhoods
from keras_ae.tasks.projections import PCA, TSNE


def test_a_run_is_projected_into_files_and_the_projector(tiny_run, tmp_path):
    run = dataclasses.replace(tiny_run, directory=tmp_path)
    codes, labels, indices = codes_of(run, "all", 1000)
    assert labels is None
    assert len(codes) == sum(map(len, run.data.splits.values())) == len(indices)
    folder = tmp_path / "out"
    for _ in range(2):  # the second in the place of the first
        (found,) = project(run, folder, codes, ["a", *"b" * (len(codes) - 1)], indices, ["pca"])
    rows = (folder / "pca.csv").read_text().splitlines()
    assert rows[0] == "position,label,x,y"
    assert rows[2].startswith("1,b,")
    np.testing.assert_array_equal(np.load(folder / "pca.npy", allow_pickle=False), found.coordinates)
    with Image.open(folder / "pca.png") as image:
        assert image.size[0] > image.size[1] > 500  # with a legend
    config = projector.ProjectorConfig()
    text_format.Parse((tmp_path / "projector_config.pbtxt").read_text(), config)
    (own,) = [each for each in config.embeddings if each.tensor_name == "pca"]
    assert list(own.tensor_shape) == [len(codes), 2]
    assert len((tmp_path / own.tensor_path).read_text().splitlines()) == len(codes)
    assert (tmp_path / own.metadata_path).read_text().splitlines()[0] == "label\tindex"


def test_codes_of_two_numbers_are_in_the_plane_as_they_are(tiny_run, tmp_path):
    tiny_run = dataclasses.replace(tiny_run, directory=tmp_path)
    codes = np.random.default_rng(0).normal(size=(12, 2)).astype(np.float32)
    (found,) = project(tiny_run, tmp_path, codes, None, np.arange(12), [])
    assert found.method == "code"
    np.testing.assert_array_equal(found.coordinates, codes)
    assert found.metrics == {"trustworthiness": 1, "continuity": 1}
    assert (tmp_path / "code.csv").read_text().splitlines()[0] == "position,x,y"


def test_a_line_that_is_folded_cannot_be_trusted_but_is_continuous():
    line = np.linspace(-1, 1, 41)[:, None]
    found = neighborhoods(line, np.abs(line), 2)
    assert found["trustworthiness"] < 0.9 < found["continuity"]
    assert neighborhoods(line, 3 * line) == {"trustworthiness": 1, "continuity": 1}


@pytest.mark.slow
def test_rare_labels_share_a_color(tmp_path):
    labels = [str(number % 25) for number in range(60)]
    scatter(tmp_path / "many.png", np.random.default_rng(0).normal(size=(60, 2)), labels, "$x_")
    with Image.open(tmp_path / "many.png") as image:
        pixels = np.asarray(image.convert("RGB")).reshape(-1, 3)
    assert (np.abs(pixels.astype(int) - 176).max(axis=1) < 12).any()  # gray


def test_too_few_examples_and_dimensions_are_refused(tiny_run):
    with pytest.raises(InputError, match="1, 2 or 3 dimensions, received 4"):
        TSNE().coordinates(np.zeros((9, 5)), 4)
    with pytest.raises(InputError, match="t-SNE needs at least 4 examples, received 3; use PCA"):
        TSNE().coordinates(np.zeros((3, 5)))
    assert PCA().coordinates(np.eye(3)).shape == (3, 2)
    few = tiny_run.data.test.take(slice(3))
    short = dataclasses.replace(tiny_run, data=dataclasses.replace(tiny_run.data, test=few))
    with pytest.raises(InputError, match="at least 4 examples to project, received 3"):
        codes_of(short, "test", 10)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--method", "tnse"], r"received 'tnse' \(near it: tsne\)"),
        (["--method", ","], "received none"),
        (["--count", "3"], "--count of at least 4, received 3"),
        (["--seed", "-1"], "--seed of at least 0, received -1"),
    ],
)
def test_options_that_cannot_be_are_refused(words, told):
    options = make_parser().parse_args(["project", "digits", *words])
    with pytest.raises(InputError, match=told):
        verb.project(options)


def test_the_command_line_names_the_projections():
    assert tuple(METHODS) == verb.NAMES

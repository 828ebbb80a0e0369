"""Inputs that are unlike the training data are told of, and those like them are not."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from keras_ae.cli import main
from keras_ae.formats.images import Images
from keras_ae.imaging.frames import Frame
from keras_ae.runs.card import model_card
from keras_ae.runs.unlike import PROFILE, profile, unlike


@pytest.fixture
def data(random):
    return {PROFILE: profile(random.uniform(0, 0.4, (500, 6, 5, 1))), "shape": [6, 5, 1]}


def test_inputs_like_the_training_data_pass_unmentioned(data, random):
    assert unlike(data, random.uniform(0, 0.4, (40, 6, 5, 1))) is None
    few = np.concatenate([random.uniform(0, 0.4, (40, 6, 5, 1)), np.ones((20, 6, 5, 1))])
    assert unlike(data, few) is None  # a third of them
    assert unlike({}, np.ones((3, 2))) is None
    assert unlike(data, np.ones((0, 6, 5, 1))) is None


@pytest.mark.parametrize(
    ("change", "name"),
    [(lambda x: x * 255, "mean"), (lambda x: 1 - x, "mean"), (lambda x: 0 * x + 0.2, "deviation")],
)
def test_other_units_inverted_and_empty_inputs_are_told_of(data, random, change, name):
    line = unlike(data, change(random.uniform(0, 0.4, (40, 6, 5, 1))))
    assert f"40 of 40 inputs are unlike the training data: their {name} is" in line


def test_values_that_are_not_finite_are_unlike_any(data):
    assert "3 of 3 inputs" in unlike(data, np.full((3, 6, 5, 1), np.nan))


@pytest.fixture
def pictures(tmp_path, random):
    """A folder of 3 images in color and one in gray."""
    (tmp_path / "images").mkdir()
    for number in range(4):
        shape = (9, 9, 3) if number else (9, 9)
        Image.fromarray(random.integers(0, 255, shape, dtype=np.uint8)).save(
            tmp_path / f"images/{number}.png"
        )
    return tmp_path / "images"


def test_color_is_told_of_where_it_is_dropped(pictures):
    frames = [Frame(str(file)) for file in sorted(pictures.iterdir())]
    [line] = Images().remarks_on(frames, (6, 5, 1))
    assert line.startswith("3 of 4 images are in color")
    assert Images().remarks_on(frames[:1], (6, 5, 1)) == ()
    assert Images().remarks_on(frames, (6, 5, 3)) == ()
    assert Images().remarks_on(frames, ()) == ()


def test_predict_and_encode_say_so(exported, tiny_run, pictures, tmp_path, capsys):
    models = shutil.copytree(exported, tmp_path / "models")
    file = models / "tiny" / "encoder" / "1" / "card.json"
    card = json.loads(file.read_text()) | {"data": model_card(tiny_run, {"tiny": {}})["data"]}
    file.write_text(json.dumps(card))
    np.save(tmp_path / "x.npy", np.ones((5, 12, 12, 1), np.float32))
    (tmp_path / "deep").mkdir()
    Image.fromarray(np.full((9, 9), 4000, np.uint16)).save(tmp_path / "deep" / "12 bits.png")
    remarks = {
        tmp_path / "x.npy": "5 of 5 inputs",
        pictures: "3 of 4 images are in color",
        tmp_path / "deep": "values up to 4,000 in 1 image of more than 8 bits are nearly black to the model",
    }
    for verb in ("predict", "encode"):
        for source, told in remarks.items():
            words = [verb, "tiny", str(source), "--models", str(models), "--output", str(tmp_path / "o.npy")]
            assert main([*words, "--force"]) == 0
            assert told in capsys.readouterr().err

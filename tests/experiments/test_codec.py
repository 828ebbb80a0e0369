"""The comparison of stored codes with PCA, JPEG and WebP: each of the quality, and counted right."""

import io
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from keras_ae.cli import main
from keras_ae.data.examples import Split
from keras_ae.domains import domain_of
from keras_ae.errors import InputError
from keras_ae.experiments.codec import images
from keras_ae.experiments.codec.compare import TITLES, compare_codecs, pays_from, table_rows
from keras_ae.experiments.codec.packed import Coded, Coder, coded, components, psnr


@pytest.fixture
def examples(random):
    """Images of two random patterns that overlap."""
    patterns = random.random((2, 8, 8, 1))
    weights = random.random((300, 2))
    return np.einsum("nk,khwc->nhwc", weights / 2, patterns).astype(np.float32)


def test_psnr_is_the_mean_of_the_examples_own():
    again = np.array([[0.1, 0.1], [0.01, 0.01]])
    assert psnr(np.zeros((2, 2)), again) == pytest.approx((20 + 40) / 2)
    assert psnr(again, again) == pytest.approx(100)


def test_components_are_stored_as_well_as_was_asked_for_and_no_better(examples):
    coder = components(examples[:200], 64)(2)
    assert coder.size == 4 * 3 * 64
    for least in (25, 40):
        row = coded(coder, examples[200:], examples[200:], least)
        assert least <= row.psnr < least + 1  # steps are short numbers, and found to a thousandth
    assert coded(coder, examples[200:], examples[200:], 25).size < row.size


def test_whole_numbers_are_stored_as_they_are(random):
    coder = Coder("whole", lambda x: np.rint(9 * x), lambda codes: codes / 9, 100)
    x = random.random((500, 4)).astype(np.float32)
    row = coded(coder, x, x, 90)
    assert row.psnr == pytest.approx(psnr(x, np.rint(9 * x) / 9))
    assert row.header < row.size < 4


def test_formats_take_the_lowest_quality_that_is_enough(examples):
    examples = examples[:30]
    rows = images.image_files(examples, examples, 30)
    assert [row.name.split(",")[0] for row in rows] == ["JPEG", "WebP", "WebP", "PNG"]
    assert all(row.psnr >= 30 for row in rows[:2])
    for row, name in zip(rows, images.FORMATS, strict=False):
        quality = int(row.name.split()[-1])
        lower = {**images.SETTINGS[name], "quality": quality - 1}
        assert quality == 0 or images._stored(examples, name, lower)[0] < 30
    file = io.BytesIO()
    Image.fromarray(np.zeros((8, 8), np.uint8)).save(file, "PNG", optimize=True)
    assert rows[3].header == file.tell()
    assert images._lowest(lambda quality: False, 0, 100) == 100


def test_a_model_pays_where_it_saves_more_than_it_takes():
    model, other = Coded("model", 30, 10, 0.1, 5000), Coded("PCA", 30, 20, 0.1, 1000)
    assert pays_from(model, other) == 400
    assert pays_from(other, model) is None
    rows = table_rows([model, other])
    assert rows[0] == list(TITLES)
    assert rows[1] == ["model", "30.00", "10.00", "0.10", "1.00", "5,000", "-"]
    assert rows[2] == ["PCA", "30.00", "20.00", "0.10", "0.50", "1,000", "400"]


def test_a_run_is_compared_with_all_others(tiny_run):
    told = []
    rows = compare_codecs(tiny_run, report=told.append)
    assert [row.name.split(",")[0] for row in rows] == ["tiny", "PCA", "JPEG", "WebP", "WebP", "PNG"]
    assert rows[0].model == 4 * tiny_run.heads.decoder.count_params()
    assert "mean PSNR of validation examples: at least" in told[0]
    assert all(row.size > row.header for row in rows[:2])
    assert compare_codecs(tiny_run, 5.0, told.append)[0].size <= rows[0].size


def test_models_of_other_values_or_with_skips_are_refused(tiny_run):
    data = replace(tiny_run.data, domain=domain_of("real"))
    with pytest.raises(InputError, match=r"expected a model of values in \[0, 1\]"):
        compare_codecs(SimpleNamespace(heads=tiny_run.heads, data=data, name="x"))
    narrow = replace(tiny_run.data, train=Split(np.zeros((2, 9, 9, 1), np.float32)))
    with pytest.raises(InputError, match="from a code alone"):
        compare_codecs(SimpleNamespace(heads=tiny_run.heads, data=narrow, name="x"))


def test_a_quality_below_zero_is_refused(capsys, tmp_path):
    assert main(["codec", "digits", "--psnr", "-1", "--runs", str(tmp_path)]) == 2
    assert "expected --psnr above 0, such as 20, received -1.0" in capsys.readouterr().err

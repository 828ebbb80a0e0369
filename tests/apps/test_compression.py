"""compress, decompress and encode --bits: what is written comes back, and what is wrong is told in a line."""

import json
import shutil

import numpy as np
import pytest
from conftest import write_images
from PIL import Image

from keras_ae.apps.encoding.collect import Collected
from keras_ae.apps.encoding.decompress import safe_names
from keras_ae.apps.encoding.loss import Comparison
from keras_ae.apps.prediction.arrays import read_arrays
from keras_ae.cli import main
from keras_ae.codec.codes_file import read_codes
from keras_ae.errors import InputError


@pytest.fixture
def images(tmp_path, random):
    return write_images(tmp_path / "images", random, (12, 12))


@pytest.fixture
def run(exported, tmp_path, capsys):
    """Runs a verb; returns its status, its standard output and the last line of its standard error."""

    def run(verb, *words, models=exported):
        status = main([verb, *map(str, words), "--models", str(models)])
        out, err = capsys.readouterr()
        return status, out, (err.splitlines() or [""])[-1]

    return run


def test_a_folder_comes_back_as_images_of_the_same_names(run, images, tmp_path):
    file = tmp_path / "codes.kae"
    status, out, _ = run("compress", "tiny", images, "--output", file, "--json")
    told = json.loads(out)
    assert (status, told["examples"], told["bytes"]) == (0, 9, file.stat().st_size)
    assert sum(told["parts"].values()) == told["bytes"]
    before, after = told["mse"]
    assert before < after <= 1.05 * before  # the default tolerance
    assert told["decoder_bytes"] > 1000
    status, out, _ = run("decompress", file, "-o", tmp_path / "back")
    assert (status, "9 images in 2 folders" in out) == (0, True)
    names = sorted(str(path.relative_to(images)) for path in images.rglob("*.png"))
    back = tmp_path / "back"
    assert sorted(str(path.relative_to(back)) for path in back.rglob("*.png")) == names
    with Image.open(back / names[0]) as image:
        assert (image.size, image.mode) == ((12, 12), "L")
    assert run("decompress", file, "-o", back)[2].endswith("or replace it with --force")


def test_arrays_of_codes_and_of_reconstructions(run, tmp_path, random):
    raw = random.integers(0, 255, (23, 12, 12), dtype=np.uint8)
    np.save(tmp_path / "x.npy", raw)
    file = tmp_path / "codes.kae"
    assert run("compress", "tiny", tmp_path / "x.npy", "-o", file, "--bits", 9)[0] == 0
    assert run("encode", "tiny", tmp_path / "x.npy", "--output", tmp_path / "exact.npy")[0] == 0
    assert run("decompress", file, "-o", tmp_path / "codes.npy", "--codes")[0] == 0
    exact, codes = np.load(tmp_path / "exact.npy"), np.load(tmp_path / "codes.npy")
    step = np.ptp(exact, axis=0) / 511
    assert (np.abs(codes - exact) <= 0.51 * step).all()
    assert run("decompress", file, "tiny", "-o", tmp_path / "again.npy")[0] == 0
    assert (
        run("predict", "tiny", tmp_path / "codes.npy", "--head", "decoder", "--output", tmp_path / "p.npy")[0]
        == 0
    )
    np.testing.assert_allclose(np.load(tmp_path / "again.npy"), np.load(tmp_path / "p.npy"), atol=1e-6)


def test_quantized_codes_of_encode_are_read_by_predict(run, images, tmp_path):
    exact, file = tmp_path / "exact.npy", tmp_path / "codes.npz"
    assert run("encode", "tiny", images, "--output", exact)[0] == 0
    status, out, _ = run("encode", "tiny", images, "--output", file, "--bits", 8)
    assert (status, "code 9x4 of 8 bits" in out, "PSNR" in out) == (0, True, True)
    with np.load(file) as arrays:
        assert arrays["code_level"].dtype == np.uint8
        assert arrays["files"].tolist()[0] == "a/0.png"
        code = arrays["code_level"] * arrays["code_step"] + arrays["code_offset"]
        step = arrays["code_step"]
    assert (np.abs(code - np.load(exact)) <= 0.51 * step).all()
    specs = {"code": {"shape": [None, 4], "dtype": "float32"}}
    read, names = read_arrays(file, specs, None)
    np.testing.assert_allclose(read["code"], code, rtol=1e-6)
    assert names is not None
    np.savez(tmp_path / "bad.npz", code_level=np.zeros((2, 4)), code_step=step, code_offset=step)
    with pytest.raises(InputError, match="do not fit together; write it with keras-ae encode --bits"):
        read_arrays(tmp_path / "bad.npz", specs, None)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--output", "x.bin"], "expected --output to be named *.kae"),
        (["-o", "x.kae", "--bits", 1], "expected --bits from 2 to 16, received 1"),
        (["-o", "x.kae", "--bits", 8, "--tolerance", 0.1], "leave out one of them"),
        (["-o", "x.kae", "--tolerance", 0], "expected --tolerance above 0"),
        (["-o", "x.kae", "--batch", 0], "expected --batch of at least 1"),
        (["-o", "x.kae", "--split", "test"], "leave out --split"),
    ],
)
def test_a_bad_request_is_told_in_a_line(run, tmp_path, words, told, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.save("x.npy", np.zeros((3, 12, 12), np.uint8))
    status, _, line = run("compress", "tiny", "x.npy", *words)
    assert status == 2
    assert told in line
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.npy"]


def test_encode_refuses_bits_without_an_npz(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.save("x.npy", np.zeros((3, 12, 12), np.uint8))
    assert (
        "quantized codes go into an .npz"
        in run("encode", "tiny", "x.npy", "--bits", 8, "--output", "c.npy")[2]
    )
    assert "received 17" in run("encode", "tiny", "x.npy", "--bits", 17, "--output", "c.npz")[2]
    assert "(or *.npz with --bits)" in run("encode", "tiny", "x.npy", "--output", "c.npz")[2]


def test_codes_of_another_model_are_refused_and_of_another_name_decoded(run, images, tmp_path, exported):
    file = tmp_path / "codes.kae"
    assert run("compress", "tiny", images, "-o", file)[0] == 0
    models = tmp_path / "models"
    shutil.copytree(exported / "tiny", models / "renamed")
    assert run("decompress", file, "-o", tmp_path / "x.npy", models=models)[0] == 0
    for head in ("encoder", "decoder"):
        card = models / "renamed" / head / "1" / "card.json"
        card.write_text(json.dumps(json.loads(card.read_text()) | {"weights_sha256": "0" * 64}))
    for words in ((), ("renamed",)):
        status, _, line = run("decompress", file, *words, "-o", tmp_path / "y.npy", models=models)
        assert status == 2
        assert "written with another model, tiny of fingerprint" in line
    assert not (tmp_path / "y.npy").exists()
    assert "name an .npy with --output, and no recipe" in run("decompress", file, "-o", "a/", "--codes")[2]


def test_a_model_without_a_decoder_of_codes_alone_stores_codes(run, images, tmp_path, exported):
    models, file = tmp_path / "models", tmp_path / "codes.kae"
    shutil.copytree(exported / "tiny", models / "tiny")
    shutil.rmtree(models / "tiny" / "decoder")
    status, out, _ = run("compress", "tiny", images, "-o", file, "--tolerance", 0.01, models=models)
    assert (status, "only the codes can be decompressed (--codes)" in out) == (0, True)
    assert run("encode", "tiny", images, "--output", tmp_path / "exact.npy", models=models)[0] == 0
    exact, codes = np.load(tmp_path / "exact.npy"), read_codes(file).codes
    # uniform errors of a hundredth of the variance each, of nine examples
    assert np.square(codes - exact).mean() < 0.03 * exact.var(axis=0).mean()
    assert run("decompress", file, "-o", tmp_path / "y.npy", models=models)[0] == 2


class Halved:
    """A decoder that halves a code where the class is 1, and gives no third element."""

    takes_labels = True

    def decode(self, codes, labels):
        again = codes / np.where(labels == 1, 2, 1)[:, None]
        again[:, 2] = np.nan
        return {"reconstruction": again.astype(np.float32)}


def test_errors_are_those_of_the_elements_that_both_have_and_of_each_class():
    code = np.arange(1, 13, dtype=np.float32).reshape(4, 3)
    few = code.copy()
    few[:, 1] = np.nan
    labels, rows = np.array([0, 1, 0, 1]), np.array([0, 2, 3])
    collected = Collected({"code": code}, None, labels, {}, few[rows], rows)
    comparison = Comparison(collected, Halved())
    np.testing.assert_allclose(comparison.before, [0, 0, 5**2])
    quantized = code[rows] + [[0.5, 9, 9]]
    loss = comparison.loss(quantized, in_unit=True)
    assert loss.mse == pytest.approx((25 / 3, (0.25 + 0.25 + 4.75**2) / 3))
    np.testing.assert_allclose(comparison.decode_flat(code[rows][[2, 2]], np.array([1, 2]))[:, 0], [10, 5])


def test_names_cannot_leave_the_folder_nor_meet_one_another():
    names = [
        "../../etc/passwd",
        "/root/.ssh/x.png",
        "a/b.png",
        "a\\c.tif#3",
        "..",
        "c:d\n.png",
        ".hidden/e.jpg",
    ]
    safe = safe_names(names, 7)
    assert safe == ["etc/passwd", "root/ssh/x", "a/b", "a/c_3", "unnamed", "c_d_", "hidden/e"]
    assert safe_names(["a.png", "a.jpg"], 2) == ["00000_a", "00001_a"]
    assert safe_names(["A/b", "a/B"], 2) == ["00000_A_b", "00001_a_B"]
    assert safe_names(None, 2) == ["00000", "00001"]

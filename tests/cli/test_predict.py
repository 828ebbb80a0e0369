"""The verb predict: arrays and images through exported heads, here and on a stand-in for a server."""

import io
import json

import numpy as np
import pytest
import standin
import tensorflow as tf
from PIL import Image

from keras_ae.apps.prediction import arrays
from keras_ae.cli.output import redirected
from keras_ae.cli.parser import make_parser
from keras_ae.errors import InputError
from keras_ae.imaging import encode


@pytest.fixture(scope="module")
def server(exported):
    with standin.rest(exported) as running:
        yield running


@pytest.fixture(params=["here", "server"])
def place(request, exported, server, monkeypatch):
    """The options that name the exported models, and those that name a server of them."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server.requests.clear()
    return ["--models", exported] if request.param == "here" else ["--url", server.url]


def run(*arguments):
    """The verb's status."""
    options = make_parser().parse_args(["predict", "tiny", *map(str, arguments)])
    with redirected(options):
        return options.verb(options)


def own(models, head, signature, **given):
    """What the SavedModel itself gives."""
    loaded, _ = standin.load(models / "tiny" / head / "1")
    outputs = loaded.signatures[signature](**{name: tf.constant(value) for name, value in given.items()})
    return {name: tensor.numpy() for name, tensor in outputs.items()}


def draw(folder, count, random, suffix=".png"):
    """Images of noise, 12 x 12 pixels of gray, and their pixels."""
    folder.mkdir(exist_ok=True)
    levels = random.integers(0, 256, (count, 12, 12), dtype=np.uint8)
    for number, level in enumerate(levels):
        Image.fromarray(level).save(folder / f"{number}{suffix}")
    return levels[..., None].astype(np.float32) / 255


def test_an_array_becomes_all_outputs_by_name(place, exported, tmp_path, random, capsys):
    inputs = random.uniform(size=(9, 12, 12, 1)).astype(np.float32)
    np.save(tmp_path / "a.npy", inputs)
    target = tmp_path / "new" / "out.npz"
    assert run(tmp_path / "a.npy", "--head", "autoencoder", "--output", target, "--batch", 4, *place) == 0
    assert f"9 rows of error, reconstruction in {target}" in capsys.readouterr().out
    expected = own(exported, "autoencoder", "serving_default", inputs=inputs)
    with np.load(target) as written:
        assert set(written) == set(expected)
        for name, value in expected.items():
            np.testing.assert_allclose(written[name], value, rtol=1e-5, atol=1e-6)
    assert [path.name for path in target.parent.iterdir()] == ["out.npz"]


def test_without_an_output_a_table_is_shown(place, exported, tmp_path, capsys):
    np.savez(tmp_path / "a.npz", anything=np.zeros((3, 12, 12)))  # the axis of one channel may be left out
    assert run(tmp_path / "a.npz", *place) == 0
    title, line = capsys.readouterr().out.splitlines()
    assert title.split() == ["output", "shape", "dtype", "minimum", "mean", "maximum"]
    code = own(exported, "encoder", "serving_default", inputs=np.zeros((3, 12, 12, 1), np.float32))["code"]
    numbers = [f"{value:.5g}" for value in (code.min(), code.mean(dtype=np.float64), code.max())]
    assert line.split() == ["code", "(3,", "4)", "float32", *numbers]


def test_the_result_is_json_where_that_is_requested(place, exported, tmp_path, random, capsys):
    inputs = random.uniform(size=(2, 12, 12, 1)).astype(np.float32)
    np.save(tmp_path / "a.npy", inputs)
    assert run(tmp_path / "a.npy", "--json", *place) == 0
    result = json.loads(capsys.readouterr().out)
    expected = own(exported, "encoder", "serving_default", inputs=inputs)["code"]
    np.testing.assert_allclose(result["outputs"]["code"]["values"], expected, rtol=1e-5, atol=1e-6)
    assert (result["rows"], result["left_out"]) == ([0, 1], {})
    assert run(tmp_path / "a.npy", "--json", "--output", tmp_path / "b.npy", *place) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["outputs"] == {"code": {"shape": [2, 4], "dtype": "float32"}}


def test_images_become_codes_and_codes_images(place, exported, tmp_path, random, capsys):
    pixels = draw(tmp_path / "images", 5, random)
    codes, drawn = tmp_path / "codes.npz", tmp_path / "drawn"
    assert run(tmp_path / "images", "--output", codes, "--batch", 2, *place) == 0
    with np.load(codes) as written:
        expected = own(exported, "encoder", "serving_default", inputs=pixels)["code"]
        np.testing.assert_allclose(written["code"], expected, rtol=1e-5, atol=1e-6)
        assert written["files"].tolist() == [
            str(tmp_path / "images" / f"{number}.png") for number in range(5)
        ]
    assert run(codes, "--head", "decoder", "--signature", "png", "--output", f"{drawn}/", *place) == 0
    assert f"5 images of reconstruction_bytes in {drawn}" in capsys.readouterr().out
    assert sorted(path.name for path in drawn.iterdir()) == [f"{number}.png" for number in range(5)]
    expected = own(exported, "decoder", "png", code=expected)["reconstruction_bytes"]
    for number, content in enumerate(expected):
        there, due = (
            np.asarray(Image.open(io.BytesIO(png)))
            for png in ((drawn / f"{number}.png").read_bytes(), content)
        )
        assert abs(there.astype(int) - due).max() <= 1


def test_a_folder_takes_images_and_the_rest_in_one_file(place, tmp_path, random):
    draw(tmp_path / "a", 2, random)
    draw(tmp_path / "b", 1, random, ".jpg")
    drawn = tmp_path / "drawn"
    drawn.mkdir()
    assert run(tmp_path / "a", tmp_path / "b/0.jpg", "--head", "autoencoder", "--output", drawn, *place) == 0
    names = ["00000_0.png", "00001_1.png", "00002_0.png"]  # two files are called 0
    assert sorted(path.name for path in drawn.iterdir()) == [*names, "outputs.npz"]
    with Image.open(drawn / names[0]) as image:
        assert image.size == (12, 12)
    with np.load(drawn / "outputs.npz") as written:
        assert written["error"].shape == (3,)
        assert written["files"][2] == str(tmp_path / "b/0.jpg")


def test_bytes_in_a_file_of_arrays_are_whole(place, exported, tmp_path, random):
    codes = random.normal(size=(3, 4)).astype(np.float32)
    np.savez(tmp_path / "codes.npz", code=codes, other=1)
    arguments = ["--head", "decoder", "--signature", "png", "--output", tmp_path / "out.npz"]
    assert run(tmp_path / "codes.npz", *arguments, *place) == 0
    with np.load(tmp_path / "out.npz") as written:
        expected = own(exported, "decoder", "png", code=codes)["reconstruction_bytes"]
        assert written["reconstruction_bytes"].tolist() == expected.tolist()
        assert "files" not in written


def test_bad_images_are_named_and_the_rest_go_on(place, exported, tmp_path, random, capsys, monkeypatch):
    folder = tmp_path / "images"
    pixels = draw(folder, 4, random)
    (folder / "empty.png").touch()
    (folder / "text.jpg").write_text("no image")
    (folder / "broken.png").write_bytes((folder / "0.png").read_bytes()[:-30])
    (folder / "large.png").write_bytes((folder / "0.png").read_bytes() + b" " * 2**20)
    monkeypatch.setattr(encode, "MOST_IMAGE_BYTES", 2**20)
    assert run(folder, "--output", tmp_path / "codes.npz", *place) == 1
    told = dict(
        line.removeprefix("keras-ae: left out ").split(": ", 1)
        for line in capsys.readouterr().err.splitlines()
    )
    assert {path.rpartition("/")[2]: fault for path, fault in told.items() if "broken" not in path} == {
        "empty.png": "its file is empty",
        "text.jpg": "not an image of a known kind",
        "large.png": "its file takes more than 1 MiB",
    }
    assert ("Invalid PNG data" in told[str(folder / "broken.png")]) == ("--url" in place)
    assert "node" not in told[str(folder / "broken.png")]
    with np.load(tmp_path / "codes.npz") as written:
        assert [name.rpartition("/")[2] for name in written["files"]] == ["0.png", "1.png", "2.png", "3.png"]
        expected = own(exported, "encoder", "serving_default", inputs=pixels)["code"]
        np.testing.assert_allclose(written["code"], expected, rtol=1e-5, atol=1e-6)


def test_an_unreadable_image_is_named(place, tmp_path, random, capsys, monkeypatch):
    draw(tmp_path / "images", 1, random)

    opened = encode.Path.open

    def refuse(path, *arguments, **named):
        if path.suffix == ".png":
            raise PermissionError(13, "Permission denied")
        return opened(path, *arguments, **named)

    monkeypatch.setattr(encode.Path, "open", refuse)
    assert run(tmp_path / "images", "--output", tmp_path / "codes.npz", *place) == 1
    told = capsys.readouterr().err
    assert "0.png: it cannot be read (Permission denied)" in told
    assert "none of 1 images could be used" in told
    assert not (tmp_path / "codes.npz").exists()


def test_existing_files_stay_unless_forced(place, tmp_path, random):
    folder = tmp_path / "images"
    draw(folder, 2, random)
    target = tmp_path / "out.npz"
    target.write_text("mine")
    with pytest.raises(InputError, match="out.npz already exists; name another --output, or .* --force"):
        run(folder, "--output", target, *place)
    assert target.read_text() == "mine"
    assert run(folder, "--output", target, "--force", *place) == 0
    assert "code" in np.load(target)
    before = (folder / "0.png").read_bytes()
    for given in ([], ["--force"]):
        with pytest.raises(InputError, match=r"0.png already exists|would overwrite an input"):
            run(folder, "--head", "autoencoder", "--output", folder, *given, *place)
    assert (folder / "0.png").read_bytes() == before
    with pytest.raises(InputError, match="would overwrite an input"):
        run(target, "--head", "decoder", "--output", target, "--force", *place)


def test_whole_numbers_are_read_as_in_training_or_refused(exported, server, tmp_path, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    levels = np.arange(144, dtype=np.uint8).reshape(1, 12, 12)
    expected = own(exported, "encoder", "serving_default", inputs=levels[..., None] / np.float32(255))["code"]
    for array in (levels, levels.astype(np.uint16) * 257):
        np.save(tmp_path / "a.npy", array)
        assert run(tmp_path / "a.npy", "--output", tmp_path / "o.npz", "--force", "--models", exported) == 0
        np.testing.assert_allclose(np.load(tmp_path / "o.npz")["code"], expected, atol=1e-6)
        with pytest.raises(
            InputError, match=r"pixels scaled into \[0, 1\]; received uint\d+; divide them by (255|65535)"
        ):
            run(tmp_path / "a.npy", "--url", server.url)


def test_whole_numbers_of_real_data_and_of_codes_are_taken_as_they_are(tmp_path):
    levels = np.arange(6, dtype=np.uint8).reshape(2, 3)
    np.save(tmp_path / "a.npy", levels)
    for name, domain in (("inputs", "real"), ("code", "unit"), ("code", None)):
        spec = {name: {"shape": [None, 3], "dtype": "float32"}}
        given, names = arrays.read_arrays(tmp_path / "a.npy", spec, domain)
        assert names is None
        np.testing.assert_array_equal(given[name], levels)


def test_arrays_are_read_as_those_of_the_training(tmp_path):
    binary, specs = np.array([[0, 1, 1]], np.uint8), {"inputs": {"shape": [None, 3], "dtype": "float32"}}
    np.save(tmp_path / "a.npy", binary)
    read, _ = arrays.read_arrays(tmp_path / "a.npy", specs, "unit", {"full_scale": 1})
    np.testing.assert_array_equal(read["inputs"], binary)
    np.save(tmp_path / "a.npy", np.array([[0, 1e300, 1]]))
    with pytest.raises(InputError, match=r"finite numbers in .*a.npy:inputs.*; example 0 holds 1e\+300"):
        arrays.read_arrays(tmp_path / "a.npy", specs, "real", {})
    specs |= {"condition": {"shape": [None], "dtype": "int64"}}
    np.savez(tmp_path / "a.npz", inputs=binary, condition=np.array(["so"]))
    read, _ = arrays.read_arrays(tmp_path / "a.npz", specs, "unit", {"label_names": ["no", "so"]})
    assert read["condition"].tolist() == [1]
    with pytest.raises(InputError, match="condition in .* holds 'so', which is no class of the training: up"):
        arrays.read_arrays(tmp_path / "a.npz", specs, "unit", {"label_names": ["up"]})


def test_a_version_or_a_label_selects_the_head(place, tmp_path):
    np.save(tmp_path / "a.npy", np.zeros((1, 4)))
    for choice in (["--head-version", 1], ["--label", "stable"]):
        assert run(tmp_path / "a.npy", "--head", "decoder", *choice, *place) == 0
    for choice, words in (
        (["--head-version", 9], r"no version 9 of its decoder|Specific\(tiny_decoder, 9\)"),
        (["--label", "x"], "no decoder labeled 'x'; it has stable|Unrecognized servable version label: x"),
        (["--signature", "x"], "no signature 'x'.*; it has (png, serving_default|serving_default, png)"),
    ):
        with pytest.raises(InputError, match=words):
            run(tmp_path / "a.npy", "--head", "decoder", *choice, *place)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["absent.npy"], "'absent.npy', which does not exist"),
        (["a.npy", "images"], "expected one file of arrays or rows, or images; received a.npy images"),
        (["empty"], r"expected images \(.*.png.*\) below empty; found none"),
        (["a.npy", "--batch", "0"], "expected --batch of at least 1, received 0"),
        (
            ["a.npy", "--output", "out.txt"],
            "expected --output to end in .*, .parquet or .tfrecord, or in .* folder; received 'out.txt'",
        ),
        (["text.npy"], "text.npy cannot be read as a NumPy file of plain numbers"),
        (["text.npz"], "text.npz cannot be read as a NumPy file"),
        (["objects.npz"], "objects.npz cannot be read as a NumPy file"),
        (["large.npz"], "large.npz takes .* GiB, at most"),
        (["one.npy"], "expected inputs in one.npy with an axis of examples, received a single value"),
        (["two.npz"], r"expected inputs in two.npz \(see numpy.savez\); it holds x, y"),
        (["a.npy"], r"expected inputs of shape \(n, 12, 12, 1\), n examples; received \(2, 5\)"),
        (
            ["images", "--head", "decoder"],
            "tiny_decoder has no signature 'image_bytes'; it has png, serving_default; for images: "
            "--head autoencoder, or --head encoder",
        ),
        (
            ["images", "--signature", "serving_default"],
            r"expected arrays \(inputs\) in an .npz file, received images",
        ),
        (["a.npy", "--head", "prior"], "tiny has no exported prior; it has autoencoder, decoder, encoder"),
    ],
)
def test_unusable_inputs_are_refused(exported, tmp_path, random, monkeypatch, arguments, words):
    monkeypatch.chdir(tmp_path)
    draw(tmp_path / "images", 1, random)
    (tmp_path / "empty").mkdir()
    np.save("a.npy", np.zeros((2, 5)))
    for name in ("text.npy", "text.npz"):
        (tmp_path / name).write_text("text")
    np.savez("objects.npz", inputs=np.array([{}], object), allow_pickle=True)
    np.save("one.npy", 1.0)
    np.savez("two.npz", x=np.zeros(3), y=np.zeros(3))
    np.savez("large.npz", inputs=np.zeros((2, 12, 12, 1)))
    if arguments[0] == "large.npz":
        monkeypatch.setattr(arrays, "MOST_ARRAY_BYTES", 100)
    with pytest.raises(InputError, match=words):
        run(*arguments, "--models", exported)


def test_several_inputs_are_named_in_a_file(tmp_path):
    specs = {name: {"shape": [None], "dtype": "int64"} for name in ("condition", "code")}
    np.save(tmp_path / "a.npy", np.zeros(3))
    with pytest.raises(InputError, match="expected condition, code in .*a.npy .*; it holds one array"):
        arrays.read_arrays(tmp_path / "a.npy", specs, None)


def test_the_command_needs_no_tensorflow_for_a_server(server, tmp_path):
    """Codes to a decoder over REST, in a process of its own."""
    import os
    import subprocess
    import sys

    np.save(tmp_path / "a.npy", np.zeros((2, 4)))
    program = (
        "import sys; from keras_ae import cli; status = cli.main(['predict', *sys.argv[1:]])\n"
        "assert 'tensorflow' not in sys.modules; sys.exit(status)"
    )
    command = [
        sys.executable,
        "-c",
        program,
        "tiny",
        str(tmp_path / "a.npy"),
        "--head",
        "decoder",
        "--url",
        server.url,
    ]
    done = subprocess.run(
        command, env=os.environ | {"NO_PROXY": "127.0.0.1"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "reconstruction" in done.stdout

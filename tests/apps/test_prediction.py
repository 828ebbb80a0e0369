"""What a prediction reads and by which signature, and how files of each kind become inputs of a head."""

import json
import wave

import numpy as np
import pytest
from PIL import Image

from keras_ae.apps.prediction.examples import predict_examples
from keras_ae.apps.prediction.outputs import output_files, write
from keras_ae.apps.prediction.predictor import Predictor
from keras_ae.apps.prediction.request import PredictionRequest
from keras_ae.apps.prediction.source import refusal, source_of
from keras_ae.data.find import find_examples
from keras_ae.errors import InputError
from keras_ae.formats import to_json
from keras_ae.formats.clips import Clips
from keras_ae.formats.images import Images
from keras_ae.formats.inputs import HeadInputs, read_inputs
from keras_ae.formats.levels.tile_levels import TileLevels
from keras_ae.formats.music.chorales import Chorales
from keras_ae.formats.numbers import Numbers
from keras_ae.formats.sequences import Sequences
from keras_ae.formats.sounds.spectra import LogMels
from keras_ae.formats.sounds.waveforms import Waveforms
from keras_ae.formats.text.texts import Texts
from keras_ae.imaging.frames import Frame

TEXTS, SOUNDS, LEVELS = Texts(tuple("abc"), 4), Waveforms(rate=1000), TileLevels("-X", cut=True)


def array(*shape, dtype="float32"):
    return {"shape": [None, *shape], "dtype": dtype}


STRINGS = {"shape": [None], "dtype": "string"}


@pytest.fixture
def exported(tmp_path):
    """A function that writes the card of a head, of a format and the inputs of its signatures."""

    def write(format, head="encoder", shape=(4,), **inputs):
        folder = tmp_path / "models" / "m" / head / "1"
        folder.mkdir(parents=True)
        data = {"domain": "unit", "shape": list(shape), "format": json.loads(to_json(format))}
        signatures = {name: {"inputs": each, "outputs": {}} for name, each in inputs.items()}
        (folder / "card.json").write_text(json.dumps({"data": data, "signatures": signatures}))
        (folder.parent / "labels.json").write_text('{"stable": 1}')

    return write


def request(tmp_path, *names, **options):
    for name in names:
        (tmp_path / name).touch()
    return PredictionRequest("m", [tmp_path / name for name in names], tmp_path / "models", **options)


@pytest.mark.parametrize(
    ("format", "shape", "file", "signature"),
    [
        (TEXTS, (4,), "a.txt", "text"),
        (TEXTS, (4,), "a.md", "text"),
        (TEXTS, (4,), "a.csv", "text"),
        (LEVELS, (2, 3), "a.csv", "serving_default"),
        (LEVELS, (2, 3), "a.txt", "serving_default"),
        (Chorales(48, 72), (32, 4), "a.mid", "serving_default"),
        (SOUNDS, (400,), "a.wav", "serving_default"),
        (Clips(), (4, 8, 8, 1), "a.gif", "serving_default"),
        (Sequences(("x",), 3), (3, 1), "a.csv", "serving_default"),
        (Sequences(("x",), 3), (3, 1), "a.ts", "serving_default"),
        (Images(), (8, 8, 3), "a.gif", "image_bytes"),
        (Images(), (8, 8, 5), "a.tif", "serving_default"),
        (Numbers(), (8,), "a.png", "image_bytes"),
    ],
)
def test_files_go_to_the_signature_of_their_kind(exported, tmp_path, format, shape, file, signature):
    exported(format, serving_default={"inputs": array(*shape)})
    source = source_of(request(tmp_path, file))
    assert (source.file, source.signature) == (None, signature)
    assert source.format == (Images() if format == Numbers() else format)


@pytest.mark.parametrize(
    ("format", "file"), [(TEXTS, "a.npy"), (SOUNDS, "a.csv"), (Images(), "a.txt"), (Numbers(), "a.npz")]
)
def test_one_file_of_arrays_or_rows_goes_to_the_signature_of_arrays(exported, tmp_path, format, file):
    exported(format, serving_default={"inputs": array(8, 8, 1)})
    for where in ({}, {"url": "http://127.0.0.1:1"}):
        source = source_of(request(tmp_path, file, **where))
        assert (source.file, source.signature) == (tmp_path / file, "serving_default")


def test_a_server_gets_images_but_no_files_that_its_card_would_tell_how_to_read(tmp_path):
    there = {"url": "http://127.0.0.1:1"}
    source = source_of(request(tmp_path, "a.jpg", **there))
    assert (source.format, source.signature) == (Images(), "image_bytes")
    for name in ("a.wav", "b.mid", "c.md", "d.lvl"):
        with pytest.raises(InputError, match=f"a server takes arrays, rows and images, and .*{name} is read"):
            source_of(request(tmp_path, name, **there))


def test_files_of_other_kinds_are_refused_with_those_that_the_model_takes(exported, tmp_path):
    exported(SOUNDS, serving_default={"inputs": array(None)})
    with pytest.raises(InputError, match=r"trained on \(.wav .*\), received .*a.mid; give those"):
        source_of(request(tmp_path, "a.mid"))
    with pytest.raises(InputError, match="expected one file of arrays or rows, or sounds; received .*npy"):
        source_of(request(tmp_path, "a.npy", "a.wav"))


def test_a_refusal_names_the_heads_that_take_the_files(exported, tmp_path):
    exported(TEXTS, serving_default={"inputs": array(4)}, text={"text": STRINGS})
    exported(TEXTS, "decoder", serving_default={"code": array(8)}, text={"code": array(8)})
    exported(TEXTS, "restorer", image_bytes={"image_bytes": STRINGS, "mask_bytes": STRINGS})
    found = refusal(request(tmp_path, "a.txt", head="decoder"), TEXTS, "no texts")
    assert str(found) == (
        "no texts; for texts: --head encoder; for images with masks: keras-ae restore m IMAGE --mask MASK"
    )


def test_texts_are_strings_or_their_classes(tmp_path):
    (tmp_path / "a.txt").write_text("ab\n\nc?\n")
    found = TEXTS.find([tmp_path])
    assert found.examples == ["ab", "c?"]
    read = read_inputs(TEXTS, found.examples, HeadInputs({"text": STRINGS}))
    assert read.inputs["text"].tolist() == [b"ab", b"c?"]
    read = read_inputs(TEXTS, found.examples, HeadInputs({"inputs": array(4, dtype="int64")}))
    np.testing.assert_array_equal(read.inputs["inputs"], TEXTS.classes_of(["ab", "c?"], "here"))
    (tmp_path / "b.txt").write_text("abcabc")
    with pytest.raises(InputError, match=r"at most 3 characters in .*b.txt"):
        TEXTS.find([tmp_path])


def sound(path, samples):
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 1000, 0, "NONE", ""))
        file.writeframes(np.full(samples, 8192, np.int16).tobytes())


def test_sounds_of_different_lengths_go_to_heads_that_take_lengths(tmp_path):
    for name, samples in (("a", 40), ("b", 70)):
        sound(tmp_path / f"{name}.wav", samples)
    (tmp_path / "c.wav").write_text("no sound")
    files = SOUNDS.find([tmp_path]).examples
    head = HeadInputs({"inputs": array(None), "lengths": array(dtype="int32")})
    read = read_inputs(SOUNDS, files, head)
    assert (read.rows, read.inputs["lengths"].tolist()) == ([0, 1], [40, 70])
    np.testing.assert_array_equal(read.inputs["inputs"], 0.25 * (np.arange(70) < [[40], [70]]))
    assert list(read.failures) == [str(tmp_path / "c.wav")]
    with pytest.raises(InputError, match="one length at a time, received 40 to 70"):
        read_inputs(SOUNDS, files, HeadInputs({"inputs": array(None)}))
    fixed = read_inputs(SOUNDS, files, HeadInputs({"inputs": array(50)}))
    assert fixed.inputs["inputs"].shape == (2, 50)


def test_log_mels_are_made_by_the_detector_alone(tmp_path):
    format = LogMels(1000, 60)
    sound(tmp_path / "a.wav", 40)
    assert not format.takes(HeadInputs({"inputs": array(5, 8)}))
    assert format.takes(head := HeadInputs({"waveform": array(60)}))
    assert read_inputs(format, [tmp_path / "a.wav"], head).inputs["waveform"].shape == (1, 60)
    with pytest.raises(InputError, match="takes log-mel spectra, and --head detector sounds"):
        format.read(tmp_path / "a.wav", (5, 8))


def test_of_a_longer_level_the_first_columns_are_taken_and_it_is_told(tmp_path):
    (tmp_path / "a.txt").write_text("---X\nXX-X\n")
    (tmp_path / "b.txt").write_text("---\n")
    head = HeadInputs({"inputs": array(2, 3, dtype="int64")})
    files = LEVELS.find([tmp_path]).examples
    read = read_inputs(LEVELS, files, head)
    np.testing.assert_array_equal(read.inputs["inputs"], [[[0, 0, 0], [1, 1, 0]]])
    assert "expected 2 rows" in read.failures[str(tmp_path / "b.txt")]
    assert LEVELS.notes_on(files[:1], head) == (
        f"of the 4 columns of {tmp_path / 'a.txt'} the first 3 are taken",
    )


def test_of_a_longer_piece_the_first_bars_are_taken_unless_examples_are_whole_pieces(tmp_path):
    format = Chorales(48, 72)
    piece = np.full((48, 4), 2)
    piece[::4] = 10
    format.write(piece, tmp_path / "a")
    head = HeadInputs({"inputs": array(32, 4, dtype="int64")})
    files = format.find([tmp_path]).examples
    assert [file.name for file in files] == ["a.mid"]
    [read] = read_inputs(format, files, head).inputs["inputs"]
    np.testing.assert_array_equal(read, format.read(files[0], (32, 4))[:32])
    assert format.notes_on(files, head) == (f"of the 3 bars of {files[0]} the first 2 are taken",)
    whole = Chorales(48, 72, ends=True)
    assert read_inputs(whole, files, head).failures
    [read] = read_inputs(whole, files, HeadInputs({"inputs": array(64, 4, dtype="int64")})).inputs["inputs"]
    assert (read[:48] >= 0).all()
    assert (read[49:] == -1).all()


def test_images_of_more_bands_are_arrays_and_others_files(tmp_path):
    Image.fromarray(np.full((9, 9, 3), 51, np.uint8)).save(tmp_path / "a.png")
    frame = Frame(str(tmp_path / "a.png"))
    assert not Images().takes(HeadInputs({"inputs": array(4, 4, 3)}))
    bands = HeadInputs({"inputs": array(4, 4, 5)})
    assert Images().takes(bands)
    assert read_inputs(Images(), [frame], bands).failures  # of three bands
    files = HeadInputs({"image_bytes": STRINGS}, (4, 4, 1))
    [content] = read_inputs(Images(), [frame], files).inputs["image_bytes"]
    assert content.startswith(b"\x89PNG")
    assert content != (tmp_path / "a.png").read_bytes()
    [content] = read_inputs(Images(), [frame], HeadInputs({"image_bytes": STRINGS}, remote=True)).inputs[
        "image_bytes"
    ]
    assert content == (tmp_path / "a.png").read_bytes()


def test_a_file_of_several_examples_gives_each_its_name(tmp_path):
    format = Sequences(("x", "y"), 3, "trip")
    (tmp_path / "a.csv").write_text("trip,x,y\n1,1,2\n1,3,4\n2,5,6\n2,7,8\n2,9,10\n")
    examples = find_examples([tmp_path], format).examples
    assert [*map(str, examples)] == ["1", "2"]
    read = read_inputs(format, examples, HeadInputs({"inputs": array(3, 2)}))
    np.testing.assert_array_equal(read.inputs["inputs"][0], [[1, 2], [3, 4], [np.nan, np.nan]])
    assert format.notes_on(examples, HeadInputs({"inputs": array(3, 2)})) == ()


def files_for(tmp_path, format, names, sources, **shapes):
    specs = {name: array(*shape) for name, shape in shapes.items()} | {"error": array()}
    return output_files(f"{tmp_path}/out/", specs, names, [tmp_path], False, format, sources)


def test_texts_are_written_to_files_called_as_theirs_a_line_each(tmp_path):
    for name, text in (("a", "ab\n\nba\n"), ("b", "c\n")):
        (tmp_path / f"{name}.md").write_text(text)
    found = TEXTS.find([tmp_path])
    files = files_for(tmp_path, TEXTS, found.examples, found.files, text=())
    outputs = {"text": np.array([b"ba", b"", b"\xc3\xa9"], object), "error": np.zeros(3)}
    lines = write(files, outputs, [0, 1, 2], found.examples, (), TEXTS, entries=found.examples)
    assert lines[0] == f"2 files of text in {tmp_path}/out"
    assert [(tmp_path / "out" / name).read_text() for name in ("a.txt", "b.txt")] == ["ba\n\n", "é\n"]
    with np.load(tmp_path / "out" / "outputs.npz") as rest:
        assert sorted(rest.files) == ["error", "files"]


@pytest.mark.parametrize(("example", "text"), [("paragraph", "a\nb\n\nb\n"), ("window", "a\nbb")])
def test_texts_of_other_sizes_are_parted_as_they_were(tmp_path, example, text):
    format = Texts((*"ab\n",), 4, example)
    (tmp_path / "a.txt").write_text(text)
    texts = format.find([tmp_path / "a.txt"]).examples
    written = format.write_several(format.classes_of(texts, "here"), texts, tmp_path / "b")
    assert (written.read_text(), format.find([written]).examples) == (text, texts)


def test_sequences_are_written_to_files_of_groups_that_are_read_again(tmp_path):
    format = Sequences(("x", "y"), 3, "trip")
    for name in ("a", "b"):
        (tmp_path / f"{name}.csv").write_text("trip,x,y\n1/2,1,2\n1/2,3,4\n2,5,6\n2,7,8\n2,9,10\n")
    found = find_examples([tmp_path], format)
    names = [*map(str, found.examples)]
    assert names[1] == f"{tmp_path}/a.csv: 2"
    files = files_for(tmp_path, format, names, found.files, reconstruction=(3, 2))
    values = np.stack([example.values for example in found.examples])
    entries = [example.entry for example in found.examples]
    outputs = {"reconstruction": values[[0, 2, 3]] + 1, "error": np.zeros(3)}
    write(files, outputs, [0, 2, 3], names, (), format, entries=entries)
    again = find_examples([tmp_path / "out" / "b.csv"], format).examples
    assert [example.name for example in again] == ["1/2", "2"]
    np.testing.assert_array_equal(np.stack([example.values for example in again]), values[2:] + 1)
    assert (tmp_path / "out" / "a.csv").read_text().splitlines() == ["trip,x,y", "1/2,2,3", "1/2,4,5"]


def test_sequences_that_no_column_tells_apart_have_a_file_each(tmp_path):
    format = Sequences(("x",), 3)
    files = files_for(tmp_path, format, ["p/1", "q/1"], (), reconstruction=(3, 1))
    outputs = {"reconstruction": np.ones((2, 3, 1)), "error": np.zeros(2)}
    write(files, outputs, [0, 1], None, (), format)
    assert sorted(path.name for path in (tmp_path / "out").glob("*.csv")) == ["00000_1.csv", "00001_1.csv"]


class Picky(Predictor):
    """A head that refuses batches in which there is a text of b."""

    def predict(self, inputs):
        [values] = inputs.values()
        if b"b" in values.tolist():
            raise InputError("no b")
        return {"size": np.array([len(value) for value in values])}


def test_where_a_head_refuses_strings_it_is_asked_for_one_after_another():
    done = predict_examples(Picky(), TEXTS, ["a", "b", "cc"], HeadInputs({"text": STRINGS}), 2)
    assert (done.rows, done.outputs["size"].tolist(), done.failures) == ([0, 2], [1, 2], {"b": "no b"})
    none = predict_examples(Picky(), TEXTS, ["b"], HeadInputs({"text": STRINGS}), 2)
    assert (none.rows, none.outputs) == ([], {})

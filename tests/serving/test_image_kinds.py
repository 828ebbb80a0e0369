"""Image files of all kinds: training, streams, predictions and the served graph read them alike."""

import dataclasses
import io
import json

import image_kinds
import numpy as np
import pytest
import tensorflow as tf
from conftest import exporting
from image_kinds import (
    EQUAL,
    GRAY,
    REFUSED,
    RGB,
    SIDE,
    TURNED,
    TWELVE_BITS_EQUAL,
    TWELVE_BITS_REFUSED,
    TWELVE_RGB,
)
from PIL import Image

from keras_ae.apps.encoding.head import Head
from keras_ae.apps.prediction.predict import predict
from keras_ae.apps.prediction.request import PredictionRequest
from keras_ae.data.images.folder import ImageFolder
from keras_ae.data.scaling import Scaler
from keras_ae.data.streams.folder import FolderStream
from keras_ae.data.streams.rows import InputSpec
from keras_ae.errors import InputError
from keras_ae.formats import to_json
from keras_ae.formats.images import Images, images_of
from keras_ae.imaging.decode import read_image
from keras_ae.imaging.deep import FullScale
from keras_ae.imaging.encode import encoded
from keras_ae.imaging.frames import Frame
from keras_ae.runs.artifacts import load_artifacts
from keras_ae.serving.export import export_heads
from keras_ae.serving.exported import ExportedHead
from keras_ae.serving.images import decode_images

TWELVE_BITS = TWELVE_BITS_EQUAL | TWELVE_BITS_REFUSED
KINDS = [(name, 65535.0, name in EQUAL) for name in EQUAL | REFUSED]
KINDS += [(name, 4095.0, name in TWELVE_BITS_EQUAL) for name in TWELVE_BITS]


def content_of(name, white):
    return (TWELVE_BITS if white == 4095 else EQUAL | REFUSED)[name]


def as_trained(file, white, channels):
    pixels = np.zeros((SIDE, SIDE, channels), np.uint8)
    assert read_image(file, pixels, FullScale(white)) is None
    return pixels


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("name", "white", "equal"), KINDS, ids=[f"{w:.0f}-{name}" for name, w, _ in KINDS])
def test_a_served_graph_reads_a_file_as_training_does_or_refuses_it(tmp_path, name, white, equal, channels):
    content = content_of(name, white)
    (tmp_path / name).write_bytes(content)
    pixels = as_trained(tmp_path / name, white, channels)
    files = tf.constant([content])
    if equal:
        served = decode_images(files, (SIDE, SIDE, channels), white)[0].numpy()
        np.testing.assert_allclose(255 * served, pixels, atol=0.51)  # as it is of the same size
    else:
        with pytest.raises(tf.errors.InvalidArgumentError, match="expected the bytes of a PNG or JPEG image"):
            decode_images(files, (SIDE, SIDE, channels), white)
    frame = Frame(str(tmp_path / name))
    contents = encoded(frame, (SIDE, SIDE, channels), FullScale(white))
    predicted = decode_images(tf.constant([contents]), (SIDE, SIDE, channels), white)[0].numpy()
    np.testing.assert_array_equal(np.rint(255 * predicted), pixels)


@pytest.mark.parametrize(
    ("name", "white"),
    [
        (name, white)
        for name, white, _ in KINDS
        if not any(part in name for part in ("clear", "alpha", "rgba", "1 bit", "palette"))
    ],
)
def test_a_file_is_read_as_what_was_written(tmp_path, name, white):
    (tmp_path / name).write_bytes(content_of(name, white))
    pixels = as_trained(tmp_path / name, white, 3)
    expected = np.stack([GRAY] * 3, axis=-1) if not np.ptp(pixels, axis=-1).any() else RGB
    expected = np.rot90(expected, -1) if name.startswith(TURNED) else expected
    error = np.abs(pixels.astype(int) - expected)
    assert error.mean() < 8 if name.endswith(("jpg", "animated.gif")) else error.max() <= 1


@pytest.mark.parametrize(("kinds", "white"), [(EQUAL | REFUSED, 65535), (TWELVE_BITS, 4095)])
def test_folders_and_streams_read_all_files_alike(tmp_path, kinds, white):
    for number, (name, content) in enumerate(kinds.items()):
        (tmp_path / f"{number:02} {name}").write_bytes(content)
    data = ImageFolder(str(tmp_path), channels=3).load()
    assert data.format == Images(white)
    assert not [note for note in data.notes if "left out" in note]
    loaded = np.concatenate([split.examples for split in data.splits.values()])
    spec = InputSpec((SIDE, SIDE, 3), "unit", images=data.format)
    [batch] = FolderStream(str(tmp_path), spec).batches(100)
    assert not batch.faults
    assert len(loaded) == len(batch) == len(kinds)
    streamed = np.rint(255 * batch.examples).astype(np.uint8)
    assert sorted(image.tobytes() for image in loaded) == sorted(image.tobytes() for image in streamed)


def test_a_model_of_bytes_takes_twelve_bits_by_its_own_white_and_says_so(tmp_path):
    (tmp_path / "new").mkdir()
    for name, content in TWELVE_BITS.items():
        (tmp_path / "new" / name).write_bytes(content)
    Image.fromarray(RGB).save(tmp_path / "bytes.png")
    bytes_alone = Scaler("unit", np.float32(0), np.float32(1), format=Images())
    data = ImageFolder(str(tmp_path / "new"), channels=3).load_like(bytes_alone)
    loaded = np.concatenate([split.examples for split in data.splits.values()])
    [batch] = FolderStream(str(tmp_path / "new"), InputSpec((SIDE, SIDE, 3), "unit")).batches(100)
    streamed = np.rint(255 * batch.examples).astype(np.uint8)
    assert sorted(map(bytes, loaded)) == sorted(map(bytes, streamed))
    files = [tmp_path / "new" / name for name in batch.names]
    for file, example in zip(files, batch.examples, strict=True):
        frame = Frame(str(file))
        sent = [encoded(frame, (SIDE, SIDE, 3), FullScale())]
        sent += [file.read_bytes()] if file.name in TWELVE_BITS_EQUAL else []
        served = decode_images(tf.constant(sent), (SIDE, SIDE, 3)).numpy()
        np.testing.assert_allclose(255 * served, 255 * np.stack([example] * len(sent)), atol=0.51)
    frames = [Frame(str(file)) for file in files]
    [line] = Images().remarks_on(frames, (SIDE, SIDE, 3))
    assert line.startswith(
        f"values up to {TWELVE_RGB.max():,} in {len(TWELVE_BITS)} images of more than 8 bits"
    )
    assert line.endswith("whose white is 65,535; if theirs is 4,095, multiply the values by 16")
    assert line in data.notes
    assert Images(4095).remarks_on(frames, (SIDE, SIDE, 3)) == ()
    assert Images().remarks_on([Frame(str(tmp_path / "bytes.png"))], ()) == ()


def test_what_cannot_be_read_is_refused_alike(tmp_path):
    (tmp_path / "bright.png").write_bytes(EQUAL["16 bits.png"])
    pixels = np.zeros((SIDE, SIDE, 1), np.uint8)
    reason = read_image(tmp_path / "bright.png", pixels, FullScale(4095))
    assert reason.startswith("values from 3598 to 61937, expected 0 to 4095, the full scale")
    with pytest.raises(tf.errors.InvalidArgumentError, match="expected values from 0 to 4095, as the model"):
        decode_images(tf.constant([EQUAL["16 bits.png"]]), (SIDE, SIDE, 1), 4095.0)
    frame = Frame(str(tmp_path / "bright.png"))
    with pytest.raises(InputError, match="expected 0 to 4095"):
        encoded(frame, (SIDE, SIDE, 1), FullScale(4095))


@pytest.mark.parametrize(
    "name", ["16 bits.tif", "rgb.tif", "palette.bmp", "cmyk.tif", "animated.gif", "rgb.png", "rgb.jpg"]
)
def test_a_server_gets_png_and_jpeg_as_they_are_and_others_as_png(tmp_path, name):
    content = (EQUAL | REFUSED)[name]
    (tmp_path / name).write_bytes(content)
    frame = Frame(str(tmp_path / name))
    sent = encoded(frame, None, None)
    assert (sent == content) == name.endswith(("png", "jpg"))
    served = decode_images(tf.constant([sent]), (SIDE, SIDE, 3))[0].numpy()
    np.testing.assert_allclose(255 * served, as_trained(tmp_path / name, 65535, 3), atol=0.51)
    if name.startswith("16"):
        with Image.open(io.BytesIO(sent)) as image:
            assert image.mode == "I;16"


@pytest.mark.parametrize("name", ["16 bits in color.tif", "floats.tif"])
def test_what_a_server_cannot_be_sent_is_told(tmp_path, name):
    (tmp_path / name).write_bytes(REFUSED[name])
    frame = Frame(str(tmp_path / name))
    with pytest.raises(InputError, match="leave out --url"):
        encoded(frame, None, None)


def test_sixteen_bits_in_color_that_are_compressed_in_another_way_are_read_in_full_range_alone(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(image_kinds.tifffile.TiffPage, "asarray", lambda _: {}["requires imagecodecs"])
    (tmp_path / "a.tif").write_bytes(REFUSED["16 bits in color.tif"])
    np.testing.assert_array_equal(as_trained(tmp_path / "a.tif", 65535, 3), RGB)
    reason = read_image(tmp_path / "a.tif", np.zeros((SIDE, SIDE, 3), np.uint8), FullScale(65534))
    assert "compressed in a way that gives the upper 8 alone; save it as PNG" in reason


def test_a_full_scale_goes_with_the_heads_and_stacks_are_rows(tiny_run, tmp_path, random):
    values = random.integers(0, 4096, (4, 12, 12), dtype=np.uint16)
    pages = [Image.fromarray(page) for page in values]
    pages[0].save(tmp_path / "a.png")
    pages[1].save(tmp_path / "b.tif", save_all=True, append_images=pages[2:])
    card = {"data": {"domain": "unit", "shape": [12, 12, 1], "format": json.loads(to_json(Images(4095)))}}
    heads = dataclasses.replace(load_artifacts(tiny_run.directory), format=Images(4095))
    with exporting("encoder"):
        [folder] = export_heads(heads, "tiny", card, tmp_path / "models").values()
    head = ExportedHead(folder)
    inputs = np.rint(values * np.float32(255 / 4095))[..., None].astype(np.float32) / 255
    expected = head.signature()({"inputs": inputs})["code"]
    served = head.signature("image_bytes")({"image_bytes": [(tmp_path / "a.png").read_bytes()]})["code"]
    np.testing.assert_allclose(served, expected[:1], atol=1e-5)
    paths = [tmp_path / "a.png", tmp_path / "b.tif"]
    prediction = predict(PredictionRequest("tiny", paths, tmp_path / "models"))
    np.testing.assert_allclose(prediction.outputs["code"], expected, atol=1e-5)
    assert prediction.notes[0].startswith("3 pages or frames of 1 file, each an image")
    stream = Head.of(folder).open_stream(str(tmp_path))
    [batch] = stream.batches(10)
    assert batch.names == ["a.png", "b.tif[0]", "b.tif[1]", "b.tif[2]"]
    np.testing.assert_allclose(batch.examples, inputs, atol=1e-6)


def test_the_full_scale_of_arrays_holds_for_files_too_but_not_that_of_bits():
    card = json.loads(to_json(Images(4095, 1, "first")))
    assert images_of({"format": card, "full_scale": 1023}) == Images(4095, 1, "first")
    assert images_of({"full_scale": 4095}) == Images(4095)
    assert images_of({"full_scale": 1}) == images_of({}) == Images()

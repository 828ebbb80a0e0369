"""Detection in a folder of clips: scores of frames, spans, a report; and prediction by files of clips."""

import csv
from contextlib import nullcontext

import keras
import numpy as np
import pytest
from keras import ops
from PIL import Image

from keras_ae.apps.detection.detect import check_kind
from keras_ae.apps.detection.detector import Detector
from keras_ae.apps.detection.request import DetectionRequest
from keras_ae.apps.detection.searchers import searcher_for
from keras_ae.apps.detection.searchers.clips import ClipSearcher
from keras_ae.apps.detection.searchers.images import ImageSearcher
from keras_ae.apps.prediction import predict as prediction
from keras_ae.apps.prediction.predict import predict
from keras_ae.apps.prediction.predictor import Predictor
from keras_ae.apps.prediction.request import PredictionRequest
from keras_ae.apps.prediction.source import Source
from keras_ae.errors import InputError
from keras_ae.formats import files_of
from keras_ae.formats.clips import Clips
from keras_ae.formats.images import Images
from keras_ae.recipe import load
from keras_ae.tasks.frame_anomaly import FRAME_SCORES
from keras_ae.tasks.thresholds import FittedThreshold

WINDOW, SIDE = 4, 8


class Brightness(keras.Layer):
    """The brightness of frames as their score, as a detector of clips returns it."""

    def call(self, inputs):
        frames = ops.mean(inputs, axis=(2, 3, 4))
        score = ops.max(frames, axis=1)
        return {"score": score, "is_anomaly": score > 0.5, FRAME_SCORES: frames, "contributions": inputs}


def detector_of(format, images=None):
    inputs = keras.Input((WINDOW, SIDE, SIDE, 1), name="inputs")
    model = keras.Model({"inputs": inputs}, Brightness()(inputs))
    fitted = FittedThreshold(0.5, "made here", "promised", 10)
    return Detector(model, fitted, np.linspace(0, 0.5, 10), None, 0.0, 1.0, format=format, images=images)


def write(path, levels):
    """A clip of frames that are of one level each, but for a pixel that tells them apart."""
    frames = [np.full((SIDE, SIDE), level, np.uint8) for level in levels]
    for number, frame in enumerate(frames):
        frame[0, 0] = number
    images = [Image.fromarray(frame) for frame in frames]
    path.parent.mkdir(parents=True, exist_ok=True)
    images[0].save(path, save_all=True, append_images=images[1:], duration=50)


@pytest.fixture
def clips(tmp_path):
    folder = tmp_path / "clips"
    write(folder / "dark.gif", [10] * 9)
    write(folder / "<b>flash.gif", [10] * 3 + [250] * 2 + [10] * 6 + [240])
    write(folder / "short.gif", [10] * 3)
    (folder / "broken.gif").write_bytes(b"none")
    return folder


def test_spans_of_odd_frames_are_found_and_reported(clips, tmp_path):
    detector, target = detector_of(Clips()), tmp_path / "out"
    target.mkdir()
    searcher = searcher_for(detector)
    count, flagged, fitted, lines = searcher.search(
        detector, DetectionRequest(clips, target), load("video_anomaly"), {}
    )
    assert (count, flagged, fitted.value) == (9 + 12, 3, 0.5)
    assert lines[0] == "3 of 21 frames are flagged, in 2 spans"
    assert any("<b>flash.gif: frames 3 to 4, score" in line for line in lines)
    text = "\n".join(lines)
    assert "short.gif has no scores: expected a clip of at least 4 frames" in text
    assert "broken.gif has no scores: cannot be read as a clip" in text
    spans = list(csv.DictReader((target / "spans.csv").read_text().splitlines()))
    assert [(span["clip"], span["from"], span["to"]) for span in spans] == [
        ("<b>flash.gif", "3", "4"),
        ("<b>flash.gif", "11", "11"),
    ]
    rows = list(csv.DictReader((target / "scored.csv").read_text().splitlines()))
    assert [row["frame"] for row in rows if row["is_anomaly"] == "1"] == ["3", "4", "11"]
    assert "<b>flash" not in (target / "report.html").read_text()  # escaped
    assert {path.name for path in target.iterdir()} == {
        "contact_sheet.png", "plot.png", "report.html", "scored.csv", "spans.csv",
    }  # fmt: skip


def test_clips_without_odd_frames_and_single_files_are_searched_too(clips, tmp_path):
    detector = detector_of(Clips())
    request = DetectionRequest(clips / "dark.gif", tmp_path)
    count, flagged, _, lines = ClipSearcher().search(detector, request, load("video_anomaly"), {})
    assert (count, flagged) == (9, 0)
    assert lines[0] == "0 of 9 frames are flagged"
    scores, flags, overlap = ClipSearcher().scores(detector, clips, load("video_anomaly"))
    assert len(scores) == len(flags) == 4 + 5
    assert flags.sum() == 4  # windows
    assert overlap == 2
    check_kind(detector, clips / "dark.gif", load("video_anomaly"))


def test_a_folder_without_a_clip_that_can_be_scored_is_refused(clips, tmp_path):
    (clips / "dark.gif").unlink()
    (clips / "<b>flash.gif").unlink()
    with pytest.raises(InputError, match="none of 2 clips in .* can be scored"):
        ClipSearcher().scores(detector_of(Clips()), clips, load("video_anomaly"))


def test_each_kind_of_folder_has_its_searcher(clips):
    assert isinstance(searcher_for(detector_of(Clips())), ClipSearcher)
    assert isinstance(searcher_for(detector_of(None, Images())), ImageSearcher)
    assert searcher_for(detector_of(None)) is None
    with pytest.raises(InputError, match="for clips video_anomaly"):
        check_kind(detector_of(None), clips, load("series_anomaly"))


class Doubled(Predictor):
    """A head that darkens clips."""

    def tensors(self):
        spec = {"shape": [None, WINDOW, SIDE, SIDE, 1], "dtype": "float32"}
        return {
            "inputs": {"inputs": spec},
            "outputs": {"reconstruction": spec, "error": {"shape": [None], "dtype": "float32"}},
        }

    def predict(self, inputs):
        assert inputs["inputs"].shape[1:] == (WINDOW, SIDE, SIDE, 1)
        return {"reconstruction": inputs["inputs"] / 2, "error": inputs["inputs"].mean(axis=(1, 2, 3, 4))}


def test_clips_are_predicted_by_their_files(clips, tmp_path, monkeypatch):
    monkeypatch.setattr(prediction, "source_of", lambda request: Source(Clips(), "serving_default"))
    monkeypatch.setattr(prediction, "open_predictor", lambda request, source: nullcontext(Doubled()))
    request = PredictionRequest("m", [clips], tmp_path, output=f"{tmp_path / 'out'}/")
    found = predict(request)
    assert found.count == 4
    assert found.outputs["error"].shape == (2,)
    assert set(found.failures) == {str(clips / "broken.gif"), str(clips / "short.gif")}
    assert any("of the 12 frames" in note for note in found.notes)
    back = Clips().read(tmp_path / "out" / "dark.gif", (WINDOW, SIDE, SIDE, 1))
    assert np.rint(255 * back[0, 4, 4, 0]) == 5
    assert np.load(tmp_path / "out" / "outputs.npz")["error"].shape == (2,)
    with pytest.raises(InputError, match="already exists"):
        predict(request)


def test_a_head_says_by_its_card_which_files_it_takes():
    unit = {"domain": "unit"}
    assert files_of(unit, (4, 8, 8, 1)) == Clips()
    assert files_of(unit | {"format": {"kind": "Clips", "fields": {"fit": "pad"}}}, (4, 8, 8, 1)) == Clips(
        "pad"
    )
    assert files_of(unit, (8, 8, 1)) is None
    assert files_of({"domain": "real"}, (8,)) is None
    images = unit | {"format": {"kind": "Images", "fields": {}}}
    assert files_of(images, (8, 8, 5)) == Images()
    assert files_of(images, (None, None, 3)) is None

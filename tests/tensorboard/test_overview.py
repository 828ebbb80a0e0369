"""What a run shows in TensorBoard, read back from its event files."""

import dataclasses
import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer
from tensorboard.plugins.histogram.summary_v2 import histogram_pb

from keras_ae.callbacks.histograms import buckets_of
from keras_ae.data.images.folder import ImageFolder
from keras_ae.data.scaling import Scaler
from keras_ae.formats.clips import Clips
from keras_ae.formats.numbers import Numbers
from keras_ae.imaging import grid
from keras_ae.runs.evaluation import evaluate
from keras_ae.tensorboard.animation import write_animation
from keras_ae.tensorboard.final import write_final_report
from keras_ae.training.train import train


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    from keras_ae.backbones.dense import DenseBackbone
    from keras_ae.data.dataset import Sample
    from keras_ae.recipe import Recipe
    from keras_ae.tasks.corruption import Gaussian
    from keras_ae.tasks.restoration import Denoising
    from keras_ae.variants.undercomplete import Undercomplete

    recipe = Recipe(
        data=Sample(ImageFolder("unused", size=14)),
        variant=Undercomplete(DenseBackbone((16,)), 4),
        task=Denoising(Gaussian(0.3)),
        epochs=2,
        batch_size=16,
        name="tiny",
    )
    folder = tmp_path_factory.mktemp("run")
    run = train(recipe, folder, report=lambda _: None)
    write_final_report(run, evaluate(run))
    return folder


@pytest.fixture(scope="module")
def events(run_folder):
    multiplexer = EventMultiplexer(tensor_size_guidance={"scalars": 0}).AddRunsFromDirectory(str(run_folder))
    return multiplexer.Reload()


def tags(events, run):
    return set(events.Runs()[run]["tensors"])


def test_losses_and_terms_of_training_and_validation_share_their_tags(events):
    for run in ("train", "validation"):
        assert {"epoch_loss", "epoch_reconstruction"} <= tags(events, run)
        assert len(events.Tensors(run, "epoch_loss")) == 2


def test_learning_rate_and_images_a_second_have_a_value_a_call_of_several_steps(events, run_folder):
    steps = [event.step for event in events.Tensors("train", "learning_rate")]
    assert steps == [4, 8]  # two epochs, each of one call
    rates = [
        float(tf.make_ndarray(event.tensor_proto)) for event in events.Tensors("train", "examples_per_second")
    ]
    assert len(rates) == len(steps)
    assert min(rates) > 0


def test_one_grid_an_epoch_of_the_same_examples(events):
    grids = events.Tensors("validation", "examples")
    assert [event.step for event in grids] == [0, 1]
    images = [np.asarray(Image.open(io.BytesIO(event.tensor_proto.string_val[2]))) for event in grids]
    third = images[0].shape[0] // 3
    assert (images[0][:, :60] < 128).any()  # the names of the rows
    np.testing.assert_array_equal(images[0][: 2 * third], images[1][: 2 * third])
    assert not np.array_equal(images[0][2 * third + 4 :], images[1][2 * third + 4 :])


def test_weights_have_histograms(events):
    histograms = [tag for tag in tags(events, "train") if tag.endswith("/histogram")]
    assert len(histograms) == 8
    buckets = tf.make_ndarray(events.Tensors("train", histograms[0])[0].tensor_proto)
    assert buckets.shape == (30, 3)


@pytest.mark.parametrize(
    "values", [np.random.default_rng(0).normal(size=(40, 7)), np.full(5, 2.0), [0, 1, 1, 3]]
)
def test_a_histogram_has_the_buckets_of_tensorboard(values):
    values = np.asarray(values, np.float32)
    (expected,) = histogram_pb("weights", values).value
    expected = tf.make_ndarray(expected.tensor)
    # edges are rounded in other places; counts are whole
    np.testing.assert_allclose(buckets_of(values)[:, :2], expected[:, :2], rtol=1e-6, atol=1e-6)
    np.testing.assert_array_equal(buckets_of(values)[:, 2], expected[:, 2])


def test_a_histogram_leaves_out_what_is_not_finite():
    np.testing.assert_array_equal(
        buckets_of(np.array([1.0, np.nan, np.inf, 3.0])), buckets_of(np.array([1.0, 3.0]))
    )
    assert buckets_of(np.array([np.nan])).shape == (0, 3)


def test_the_recipe_and_the_model_stand_as_text(events):
    text = events.Tensors(".", "recipe")[0].tensor_proto.string_val[0].decode()
    assert "| task.corruption.sigma | `0.3` |" in text
    model = events.Tensors(".", "model")[0].tensor_proto.string_val[0].decode()
    assert "encoder" in model
    assert "encoder_dense_1" in model


def test_the_op_graph_is_there(events):
    assert events.Runs()["."]["graph"]
    assert any(node.op == "MatMul" for node in events.Graph(".").node)


def test_hyperparameters_and_test_scores_are_there(events):
    assert "_hparams_/session_start_info" in tags(events, ".")
    assert "test/psnr" in tags(events, ".")


def test_the_projector_has_codes_labels_and_a_sprite(run_folder):
    config = (run_folder / "projector_config.pbtxt").read_text()
    for name in ("projector/codes.tsv", "projector/metadata.tsv", "projector/sprite.png"):
        assert name in config
        assert (run_folder / name).is_file()
    codes = np.loadtxt(run_folder / "projector/codes.tsv", delimiter="\t")
    header, *rows = (run_folder / "projector/metadata.tsv").read_text().splitlines()
    assert codes.shape == (len(rows), 4)
    assert header == "label\tindex"
    assert {row.split("\t")[0] for row in rows} <= set("0123456789")
    assert "single_image_dim: 14" in config


def test_a_last_image_lies_in_the_run_folder(run_folder):
    with Image.open(run_folder / "examples.png") as image:
        assert image.height == 3 * 58 + 2
        assert 60 < image.width - (10 * 58 + 2) < 120  # the names of the rows


def test_a_grid_has_a_row_for_each_entry_and_a_column_for_each_example():
    rows = {"a": np.zeros((3, 60, 50, 3)), "b": np.ones((3, 60, 50, 3))}
    canvas = grid.grid(rows, "unit")
    assert canvas.shape == (2 * 62 + 2, 3 * 52 + 2, 3)
    assert (canvas[2:62, 2:52] == 0).all()
    assert (canvas[64:124, 106:156] == 255).all()
    assert (canvas[0] == 128).all()


def test_small_images_are_enlarged_by_whole_pixels():
    canvas = grid.grid({"a": np.array([[[[0.0]], [[1.0]]]])}, "unit")
    assert (canvas[2:30, 2:30] == 0).all()
    assert (canvas[30:58, 2:30] == 255).all()


def test_real_values_are_shown_between_three_deviations():
    np.testing.assert_array_equal(
        grid.to_bytes(np.array([-9.0, -3.0, 0.0, 3.0, 9.0]), "real"), [0, 0, 128, 255, 255]
    )


def test_a_sprite_holds_the_images_in_rows():
    examples = np.arange(5)[:, None, None, None] / 255 * np.ones((5, 2, 3, 1))
    sheet, size = grid.sprite(examples, "unit")
    assert size == (3, 2)
    assert sheet.shape == (6, 9, 1)
    assert (sheet[2:4, 3:6] == 4).all()
    assert (sheet[4:] == 0).all()


def test_large_images_shrink_on_a_sprite():
    sheet, size = grid.sprite(np.ones((4, 100, 200, 3)), "unit")
    assert size == (64, 32)
    assert sheet.shape == (64, 128, 3)


def test_a_sprite_too_large_for_the_projector_is_refused():
    with pytest.raises(ValueError, match="exceed a sprite of 8192"):
        grid.sprite(np.zeros((200 * 200, 1, 64, 1), "float32"), "unit")


def test_unlabeled_codes_have_no_header(tiny_run, tmp_path):
    run = dataclasses.replace(tiny_run, directory=tmp_path)
    write_final_report(run, {run.name: {}})
    assert (tmp_path / "projector/metadata.tsv").read_text().splitlines()[0] == "0"


def test_examples_that_move_are_an_animation(tmp_path, random):
    rows = {name: random.random((2, 4, 8, 6, 1), np.float32) for name in ("input", "reconstruction")}
    writer = tf.summary.create_file_writer(str(tmp_path))
    with writer.as_default():
        write_animation(rows, Scaler("unit", 0, 1), Clips(), 3)
        write_animation(rows, Scaler("unit", 0, 1), Numbers(), 4)
    writer.close()
    events = EventMultiplexer().AddRunsFromDirectory(str(tmp_path)).Reload()
    [run] = events.Runs()
    [found] = events.Tensors(run, "animation")
    width, height, content = found.tensor_proto.string_val
    with Image.open(io.BytesIO(content)) as image:
        assert image.format == "GIF"
        assert image.size == (int(width), int(height)) == (6 + 2 + 6, 8)
        assert image.n_frames == 4

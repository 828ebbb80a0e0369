"""Backbones for series, and what all backbones keep: names, weight decay, a way through a file."""

from functools import cache

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_ae.backbones.conv1d import Conv1DBackbone
from keras_ae.backbones.conv2d import ConvBackbone
from keras_ae.backbones.conv3d import Conv3DBackbone
from keras_ae.backbones.dense import DenseBackbone
from keras_ae.backbones.patches import PatchBackbone, PositionEncoding, RandomMasking, Restore
from keras_ae.backbones.recurrent import RecurrentBackbone
from keras_ae.backbones.steps import StepsBackbone
from keras_ae.backbones.weight_decay import kernel_decay
from keras_ae.errors import InputError
from keras_ae.heads import Heads, Spec
from keras_ae.variants.undercomplete import Undercomplete

SERIES, IMAGE = (11, 3), (9, 6, 2)
BACKBONES = {
    "dense": (DenseBackbone, {"units": (6, 5)}, SERIES),
    "conv2d": (ConvBackbone, {"filters": (3, 4), "hidden": 5, "smallest": 2}, IMAGE),
    "conv1d": (Conv1DBackbone, {"filters": (3, 4), "hidden": 5, "shortest": 2}, SERIES),
    "conv3d": (Conv3DBackbone, {"filters": (3, 4), "hidden": 5, "smallest": 2}, (5, 6, 3, 2)),
    "recurrent": (RecurrentBackbone, {"units": (6, 5)}, SERIES),
    "steps": (StepsBackbone, {"filters": (3, 4), "halvings": 1}, SERIES),
    "columns": (StepsBackbone, {"filters": (3, 4), "halvings": 2, "axis": 1}, IMAGE),
    "patches": (PatchBackbone, {"patch_size": 4, "width": 8, "depth": 1, "heads": 2}, IMAGE),
}


@pytest.fixture(params=BACKBONES)
def kind(request):
    return BACKBONES[request.param]


def built(backbone, shape):
    keras.utils.set_random_seed(1)
    return Undercomplete(backbone, latent_dim=3).build(Spec(shape, shape, "real"))


@cache
def shared(name):
    """Heads of a backbone that no test changes."""
    make, fields, shape = BACKBONES[name]
    return built(make(**fields), shape)


@cache
def decayed(name):
    """Heads of a backbone with weight decay, whose biases a test changes."""
    make, fields, shape = BACKBONES[name]
    return built(make(**fields, l1=0.01, l2=0.1), shape)


def batch_of(shape):
    return {"inputs": np.random.default_rng(0).normal(size=(4, *shape)).astype("float32")}


@pytest.mark.parametrize("backbone", [Conv1DBackbone((2, 3), hidden=4), RecurrentBackbone((3, 2))])
@pytest.mark.parametrize("shape", [(140, 1), (27, 3), (1, 2), (64, 1)])
def test_a_backbone_for_series_gives_back_any_length(backbone, shape):
    features = backbone.encode(keras.Input(shape))
    assert len(features.shape) == 2
    assert backbone.decode(keras.Input((5,)), shape).shape == (None, *shape)


def test_a_decoder_gives_other_channels_than_went_in(kind):
    make, fields, shape = kind
    wider = (*shape[:-1], 2 * shape[-1])
    assert make(**fields).decode(keras.Input((3,)), wider).shape == (None, *wider)


def test_a_long_series_gets_more_levels_and_not_a_huge_dense_layer():
    assert Conv1DBackbone((4, 6)).encode(keras.Input((1000, 2))).shape == (None, 8 * 6)


def test_a_short_series_gets_a_level_for_each_width():
    assert Conv1DBackbone((4, 6)).encode(keras.Input((8, 2))).shape == (None, 2 * 6)


def test_channels_become_steps_in_their_order_and_the_odd_one_is_dropped():
    decoder = built(Conv1DBackbone((4,)), (3, 2)).decoder
    last = decoder.get_layer("decoder_logits")
    last.kernel.assign(np.zeros(last.kernel.shape))
    last.bias.assign([0.0, 1.0, 2.0, 3.0])
    output = decoder({"code": np.zeros((1, 3), "float32")})["reconstruction"]
    np.testing.assert_array_equal(output, [[[0, 1], [2, 3], [0, 1]]])


def test_the_recurrent_features_are_the_last_state_of_the_last_unit():
    features = RecurrentBackbone((6, 4)).encode(keras.Input(SERIES))
    assert features.shape == (None, 4)


def test_the_recurrent_decoder_mirrors_the_encoder():
    decoder = built(RecurrentBackbone((6, 4)), SERIES).decoder
    widths = [layer.units for layer in decoder.layers if isinstance(layer, keras.layers.GRU)]
    assert widths == [4, 6]
    assert decoder.get_layer("decoder_logits").kernel.shape == (6, 3)


@pytest.mark.slow  # a network compiled by XLA takes seconds
def test_a_recurrent_model_gives_the_same_compiled_by_xla():
    heads = built(RecurrentBackbone((4,)), SERIES)
    inputs = batch_of(SERIES)
    plain = heads.end_to_end(inputs, training=False)["reconstruction"]
    compiled = tf.function(heads.end_to_end, jit_compile=True)(inputs, training=False)["reconstruction"]
    np.testing.assert_allclose(compiled, plain, atol=1e-5)


@pytest.mark.parametrize("name", BACKBONES)
def test_layers_carry_the_name_of_their_side(name):
    heads = shared(name)
    for side in ("encoder", "decoder"):
        layers = [layer for layer in getattr(heads, side).layers if layer.weights]
        assert layers
        assert all(layer.name.startswith(f"{side}_") for layer in layers)
    assert keras.activations.linear is heads.decoder.get_layer("decoder_logits").activation


# those that test_variants.py saves and loads within a variant are slow here
OF_VARIANTS = ("conv2d", "conv1d", "recurrent", "patches")


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.slow if name in OF_VARIANTS else ()) for name in BACKBONES],
)
def test_a_backbone_survives_a_keras_file_and_serves_without_state(name, tmp_path):
    shape, heads = BACKBONES[name][2], decayed(name)
    heads.end_to_end.save(tmp_path / "model.keras")
    loaded = Heads.of(keras.models.load_model(tmp_path / "model.keras", compile=False, safe_mode=True))
    inputs = batch_of(shape)
    for weight, other in zip(heads.end_to_end.weights, loaded.end_to_end.weights, strict=True):
        np.testing.assert_array_equal(other, weight)
    outputs = loaded.end_to_end(inputs, training=False)
    for output, value in heads.end_to_end(inputs, training=False).items():  # of two models: within rounding
        np.testing.assert_allclose(outputs[output], value, rtol=1e-5, atol=1e-6)
    losses = [float(sum(model.losses)) for model in (loaded.end_to_end, heads.end_to_end)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)
    signature = {"inputs": tf.TensorSpec((None, *shape))}
    graph = tf.function(heads.end_to_end).get_concrete_function(signature, training=False).graph
    assert not [op.type for op in graph.get_operations() if "Random" in op.type or "Assign" in op.type]


def kernels(heads):
    """Those of the backbone: the variant's own layer on the code is none of it."""
    weights = heads.end_to_end.trainable_weights
    return [np.array(each) for each in weights if "kernel" in each.name and "encoder_code" not in each.path]


@pytest.mark.parametrize(
    ("name", "l1", "l2"),
    [("dense", 0.0, 0.1), ("dense", 0.01, 0.0), *((name, 0.01, 0.1) for name in BACKBONES)],
)
def test_weight_decay_is_that_of_every_kernel_and_of_no_bias(name, l1, l2):
    make, fields, shape = BACKBONES[name]
    heads = decayed(name) if l1 and l2 else built(make(**fields, l1=l1, l2=l2), shape)
    for weight in heads.end_to_end.trainable_weights:
        if "bias" in weight.name:
            weight.assign(np.ones(weight.shape))
    expected = sum(l1 * np.abs(each).sum() + l2 * np.square(each).sum() for each in kernels(heads))
    assert len(heads.end_to_end.losses) == len(kernels(heads)) >= 5
    assert float(sum(heads.end_to_end.losses)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("name", BACKBONES)
def test_without_weight_decay_a_model_has_no_losses(name):
    assert shared(name).end_to_end.losses == []
    assert kernel_decay(0.0, 0.0) is None


@pytest.mark.parametrize("field", ["l1", "l2"])
@pytest.mark.parametrize("factor", [-0.1, float("nan"), float("inf")])
def test_a_weight_decay_below_0_or_not_finite_is_refused(kind, field, factor):
    make, fields, _ = kind
    with pytest.raises(InputError, match=f"{field} must be at least 0 and finite, received {factor}"):
        make(**fields, **{field: factor})


@pytest.mark.parametrize("shape", [(7,), (4, 5, 1)])
@pytest.mark.parametrize(
    ("backbone", "expected"),
    [(Conv1DBackbone(), r"\(time, channels\)"), (RecurrentBackbone(), r"\(time, features\)")],
)
def test_what_is_no_series_is_refused_on_both_sides(backbone, expected, shape):
    message = f"{expected}, received shape .*DenseBackbone"
    with pytest.raises(InputError, match=message):
        backbone.encode(keras.Input(shape))
    with pytest.raises(InputError, match=message):
        backbone.decode(keras.Input((5,)), shape)


@pytest.mark.parametrize(("axis", "shape"), [(0, (7,)), (1, (7,)), (1, (7, 3))])
def test_what_has_no_steps_along_the_axis_is_refused_on_both_sides(axis, shape):
    backbone = StepsBackbone(axis=axis)
    message = f"axis {axis} takes {2 + axis} or more axes, received shape .*DenseBackbone"
    for on_the_way_in in (backbone.encode, backbone.encode_steps):
        with pytest.raises(InputError, match=message):
            on_the_way_in(keras.Input(shape))
    with pytest.raises(InputError, match=message):
        backbone.decode(keras.Input((5,)), shape)
    with pytest.raises(InputError, match=message):
        backbone.decode_steps(keras.Input((5, 2)), shape)


@pytest.mark.parametrize("halvings", [0, 1, 2])
@pytest.mark.parametrize(
    ("axis", "shape"), [(0, (11, 3)), (0, (8, 2, 3)), (0, (1, 2)), (1, (4, 9, 3)), (1, (4, 6, 2, 2))]
)
def test_steps_are_halved_and_all_come_back(axis, shape, halvings):
    backbone = StepsBackbone((3, 4), halvings, axis=axis)
    small = -(-shape[axis] // 2**halvings)
    assert backbone.encode(keras.Input(shape)).shape == (None, small * 4)
    assert backbone.encode_steps(keras.Input(shape)).shape == (None, small, 4)
    assert backbone.decode(keras.Input((5,)), shape).shape == (None, *shape)
    assert backbone.decode_steps(keras.Input((small, 6)), shape).shape == (None, *shape)


@pytest.mark.parametrize("axis", [0, 1])
def test_a_step_reaches_its_neighbors_alone_and_stays_in_its_place(axis, random):
    shape, backbone = (7, 7, 2), StepsBackbone((4,), kernel_size=3, axis=axis, activation="tanh")
    inputs, features = keras.Input(shape), keras.Input((4, 3))
    encoder = keras.Model(inputs, backbone.encode_steps(inputs))
    one = StepsBackbone((4,), 1, kernel_size=1, axis=axis, activation="tanh")
    decoder = keras.Model(features, one.decode_steps(features, shape))
    first = random.normal(size=(1, *shape)).astype("float32")
    second = first.copy()
    np.moveaxis(second, 1 + axis, 1)[:, 5] += 1

    def changes(model, before, after):
        """Where outputs differ by more than rounding, which a convolution's kernel may carry farther."""
        return np.abs(np.asarray(model(before)) - np.asarray(model(after))) > 1e-5

    differ = changes(encoder, first, second)
    np.testing.assert_array_equal(np.flatnonzero(differ.any(axis=(0, 2))), [4, 5, 6])
    codes = random.normal(size=(1, 4, 3)).astype("float32")
    for step, places in ((1, [2, 3]), (3, [6])):  # the last of seven has no other half
        changed = codes.copy()
        changed[:, step] += 1
        differ = np.moveaxis(changes(decoder, codes, changed), 1 + axis, 1)
        np.testing.assert_array_equal(np.flatnonzero(differ.any(axis=(0, 2, 3))), places)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Conv1DBackbone(()), r"one or more widths of at least 1, received \(\)"),
        (lambda: Conv1DBackbone((8, 0)), r"one or more widths of at least 1, received \(8, 0\)"),
        (
            lambda: Conv1DBackbone(kernel_size=-1),
            "kernel_size must be a whole number of at least 1, received -1",
        ),
        (lambda: Conv1DBackbone(hidden=-1), "hidden must be at least 0"),
        (lambda: Conv1DBackbone(shortest=0), "shortest must be at least 1, received 0"),
        (lambda: Conv1DBackbone(activation="unheard"), "unheard"),
        (lambda: RecurrentBackbone(()), r"one or more widths of at least 1, received \(\)"),
        (lambda: RecurrentBackbone((8, 0)), r"one or more widths of at least 1, received \(8, 0\)"),
        (lambda: RecurrentBackbone(activation="unheard"), "unheard"),
        (lambda: StepsBackbone(()), r"one or more widths of at least 1, received \(\)"),
        (lambda: StepsBackbone((8, 0)), r"one or more widths of at least 1, received \(8, 0\)"),
        (lambda: StepsBackbone(kernel_size=4), "odd and at least 1, received 4"),
        (lambda: StepsBackbone(kernel_size=-1), "odd and at least 1, received -1"),
        (lambda: StepsBackbone((8, 8), 3), "halvings must be from 0 to 2, received 3"),
        (lambda: StepsBackbone(halvings=-1), "halvings must be from 0 to .* received -1"),
        (lambda: StepsBackbone(axis=2), "axis must be one of 0, 1; received 2"),
        (lambda: StepsBackbone(axis=-1), "axis must be one of 0, 1; received -1"),
        (lambda: StepsBackbone(activation="unheard"), "unheard"),
        (lambda: PatchBackbone(patch_size=0), "patch_size must be at least 1, received 0"),
        (lambda: PatchBackbone(depth=0), "depth must be at least 1, received 0"),
        (lambda: PatchBackbone(decoder_depth=-1), "decoder_depth must be at least 1, received -1"),
        (lambda: PatchBackbone(heads=0), "heads must be at least 1, received 0"),
        (lambda: PatchBackbone(width=6), "multiple of 4 and of the number of heads, 4; received 6"),
        (lambda: PatchBackbone(width=8, heads=3), "multiple of 4 and of the number of heads, 3; received 8"),
    ],
)
def test_a_value_outside_its_domain_is_refused(make, message):
    with pytest.raises(InputError, match=message):
        make()


def test_patches_that_do_not_fill_a_image_are_padded_and_cut_off_again():
    heads = Undercomplete(PatchBackbone(3, width=8, depth=1, heads=2), 5).build(
        Spec((7, 4, 2), (7, 4, 2), "real")
    )
    assert heads.encoder.get_layer("encoder_tokens").output.shape == (None, 3 * 2, 8)
    assert heads.end_to_end.output["reconstruction"].shape == (None, 7, 4, 2)


def test_a_patch_of_one_pixel_is_a_token():
    heads = Undercomplete(PatchBackbone(1, width=4, depth=1, heads=1), 2).build(
        Spec((2, 3, 1), (2, 3, 1), "unit")
    )
    assert heads.encoder.get_layer("encoder_tokens").output.shape == (None, 6, 4)


def test_patches_of_what_is_no_image_are_refused():
    with pytest.raises(InputError, match=r"\(height, width, channels\), received shape \(7,\)"):
        PatchBackbone().encode(keras.Input((7,)))


def test_position_encodings_differ_by_row_and_by_column():
    encodings = np.asarray(PositionEncoding(3, 4)(np.zeros((1, 12, 8), np.float32)))[0]
    apart = np.abs(encodings[:, None] - encodings).max(axis=-1)
    assert (apart + np.eye(12) > 0.05).all()
    np.testing.assert_array_equal(encodings[0, :4], [0, 0, 1, 1])  # sin 0 and cos 0 of the first row


def test_a_fraction_of_the_training_batches_is_not_masked():
    mask, tokens = RandomMasking(2, unmasked_fraction=0.5), np.zeros((1, 5, 3), np.float32)
    counts = [mask(tokens, np.array([[seed, 0]]), training=True)[0].shape[1] for seed in range(60)]
    assert set(counts) == {2, 5}
    assert 15 <= counts.count(5) <= 45
    assert {mask(tokens, np.array([[seed, 0]]))[0].shape[1] for seed in range(5)} == {5}


def test_tokens_return_to_their_indices_and_a_learned_one_replaces_the_hidden(random):
    tokens = random.normal(size=(2, 5, 3)).astype("float32")
    seeds = np.array([[1, 2], [3, 4]])
    visible, indices = RandomMasking(2)(tokens, seeds)
    assert all(len(set(row)) == 2 for row in np.asarray(indices))
    restore = Restore(5)
    whole = np.asarray(restore(visible, indices))
    for example in range(2):
        for index in range(5):
            is_visible = index in np.asarray(indices[example])
            np.testing.assert_allclose(
                whole[example, index], tokens[example, index] if is_visible else restore.hidden, rtol=1e-6
            )

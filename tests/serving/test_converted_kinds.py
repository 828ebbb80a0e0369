"""Heads of each kind of network in other runtimes: equal to the Keras heads, or refused in one line."""

import keras
import numpy as np
import pytest

from keras_ae.backbones.conv2d import ConvBackbone
from keras_ae.backbones.conv3d import Conv3DBackbone
from keras_ae.backbones.dense import DenseBackbone
from keras_ae.backbones.recurrent import RecurrentBackbone
from keras_ae.backbones.sequence import SequenceBackbone
from keras_ae.blocks.any_length import EachAlone
from keras_ae.blocks.expected_points import ExpectedPoints
from keras_ae.blocks.log_mel import LogMel
from keras_ae.blocks.scoring import Calibrated
from keras_ae.data.scaling import Scaler
from keras_ae.domains import CATEGORICAL, REAL, SEQUENCE, UNIT
from keras_ae.formats.sequences import Sequences
from keras_ae.formats.text.texts import Texts
from keras_ae.formats.text.vocabulary import learn_tokens
from keras_ae.heads import ServableHeads, ServedHead, Spec
from keras_ae.serving.export import export_heads
from keras_ae.serving.runtimes import conversion
from keras_ae.serving.runtimes.models import load_source
from keras_ae.variants.batch_top_k import BatchTopK
from keras_ae.variants.color_distribution import ColorDistribution
from keras_ae.variants.recurrent_variational import RecurrentVariational
from keras_ae.variants.spectral_mask import SpectralMask
from keras_ae.variants.top_k import TopK
from keras_ae.variants.undercomplete import Undercomplete
from keras_ae.variants.vector_quantized import VectorQuantized

LINES = ["the cat sat", "a dog sat", "the end", "cat"]
TEXTS = Texts(learn_tokens(LINES, 4), 14)
CLASSES = (14, TEXTS.vocabulary.classes)
CONVOLUTIONS = ConvBackbone(
    filters=(4, 8), kernel_size=(4, 2), down=("average_pool", "stride"), up=("nearest", "transposed"),
    normalization="group", activation="leaky_relu", smallest=2,
)  # fmt: skip
UNPADDED = ConvBackbone(
    filters=(4, 8), strides=(1, 2), padding="valid", up="transposed", up_kernel_size=(3, 4), smallest=2,
    normalization="batch", residual_blocks=1, activation="celu",
)  # fmt: skip
VOLUMES = Conv3DBackbone(filters=(4, 8), smallest=2, up=("nearest", "transposed"))
KINDS = {
    "texts": (Undercomplete(SequenceBackbone((6,), 3), 3), CLASSES, CATEGORICAL),
    "texts step by step": (RecurrentVariational(latent_dim=3, units=6), CLASSES, CATEGORICAL),
    "series": (Undercomplete(RecurrentBackbone((4,)), 3), (6, 2), REAL),
    "sequences": (Undercomplete(SequenceBackbone((6,), 3), 3), (6, 3), SEQUENCE),
    "sounds": (SpectralMask(width=4, dilations=(1, 2), frame=16, hop=4), (50,), REAL),
    "convolutions": (Undercomplete(CONVOLUTIONS, 3), (12, 12, 1), UNIT),
    "unpadded convolutions": (Undercomplete(UNPADDED, 3), (13, 13, 1), UNIT),
    "clips": (Undercomplete(VOLUMES, 3), (4, 8, 8, 1), UNIT),
    "codes": (VectorQuantized(DenseBackbone((6,)), 4, 6, prior_units=5), (6,), REAL),
    "features": (TopK(None, 8, k=3), (6,), REAL),
    "features of a batch": (BatchTopK(None, 8, k=3), (6,), REAL),
}
"""A variant, the shape of its examples, and their domain, by what the examples are."""

RUNTIMES = {"onnx": "onnxruntime", "litert": "ai_edge_litert"}


@pytest.fixture
def heads_of(tmp_path, random):
    """A function of a kind that returns its heads, as new ones are exported, to convert."""

    def make(kind, further=()):
        keras.utils.set_random_seed(0)
        variant, shape, domain = KINDS[kind]
        heads = variant.build(Spec(shape, shape, domain))
        format = {CATEGORICAL: TEXTS, SEQUENCE: Sequences(("a", "b"), 6)}.get(domain)
        scaler = Scaler(domain, 0, 1, format=format)
        inputs = random.uniform(size=(5, *shape)).astype(np.float32)
        if domain is CATEGORICAL:
            inputs = scaler.transform(format.classes_of(LINES, "here"), shape[-1])
        if domain is SEQUENCE:
            inputs[:, 3, -1], inputs[:, 4:] = -1.0, 0.0  # the end, and what follows it
            inputs[:, :3, -1] = 1.0
        served = tuple(head(heads, inputs) for head in further)
        servable = ServableHeads(heads, scaler, {"inputs": inputs}, None, served, format=format)
        folders = export_heads(servable, "kind", {"data": {"domain": str(domain)}}, tmp_path)
        return {head: load_source(folder) for head, folder in folders.items()}

    return make


@pytest.mark.extras
@pytest.mark.parametrize("name", RUNTIMES)
@pytest.mark.parametrize("kind", KINDS)
def test_the_heads_of_each_kind_are_equal_in_each_runtime(heads_of, kind, name):
    pytest.importorskip(RUNTIMES[name])
    for source in heads_of(kind).values():
        converted = conversion.convert(source, name)  # which compares with other rows and sizes, too
        for rows in (1, 2):
            inputs = {key: value[:rows] for key, value in source.record.inputs.items()}
            found, due = converted.run(inputs), source.run(inputs)
            for output, value in due.items():
                assert found[output].shape == value.shape
                np.testing.assert_allclose(found[output], value, atol=1e-4)  # as conversions may differ


@pytest.mark.extras
@pytest.mark.parametrize("length", [1, 3, 4, 41, 50])
@pytest.mark.parametrize("name", RUNTIMES)
def test_sounds_of_any_length_are_restored(heads_of, random, name, length):
    pytest.importorskip(RUNTIMES[name])
    source = heads_of("sounds")["autoencoder"]
    inputs = {"inputs": random.normal(size=(2, length)).astype(np.float32)}
    found = conversion.convert(source, name).run(inputs)["reconstruction"]
    assert found.shape == (2, length)
    np.testing.assert_allclose(found, source.run(inputs)["reconstruction"], atol=1e-5)


def restorer(heads, inputs):
    """The restorer of sounds of different lengths."""
    taken = keras.Input((None,), name="inputs"), keras.Input((), dtype="int32", name="lengths")
    restored = EachAlone(heads.encoder, heads.decoder, name="each")(*taken)
    model = keras.Model(dict(zip(("inputs", "lengths"), taken, strict=True)), {"reconstruction": restored})
    lengths = np.arange(46, 46 + len(inputs), dtype=np.int32)
    return ServedHead("restorer", model, {}, {"inputs": inputs, "lengths": lengths})


@pytest.mark.extras
def test_sounds_of_different_lengths_are_restored_in_onnx(heads_of):
    pytest.importorskip("onnxruntime")
    source = heads_of("sounds", [restorer])["restorer"]
    found = conversion.convert(source, "onnx").run(source.record.inputs)["reconstruction"]
    np.testing.assert_allclose(found, source.record.outputs["reconstruction"], atol=1e-5)


def detector(heads, inputs):
    """The error of an example, its p-value and whether it is an anomaly."""
    taken = heads.encoder.inputs[0]
    gaps = keras.ops.abs(taken - heads.end_to_end({"inputs": taken})["reconstruction"])
    score = keras.ops.mean(gaps, axis=(1, 2))
    p_value, is_anomaly = Calibrated(9).fitted(np.linspace(0, 1, 9, dtype=np.float32), 0.5)(score)
    outputs = {"score": score, "p_value": p_value, "is_anomaly": is_anomaly}
    return ServedHead("detector", keras.Model({"inputs": taken}, outputs))


def expected_points(heads, inputs):
    """What is expected at the points of a series, of overlapping windows."""
    taken = heads.encoder.inputs[0]
    expected, residual, distance = ExpectedPoints(3, 4, 2, 3)(taken)
    outputs = {"expected": expected, "residual": residual, "distance": distance}
    return ServedHead("points", keras.Model({"inputs": taken}, outputs))


def spectra(heads, inputs):
    """Log-mel spectra of sounds that end before their last sample."""
    taken = keras.Input((40,), name="waveform")
    model = keras.Model({"waveform": taken}, {"spectra": LogMel(8000, 16, 8, 4)(taken)})
    waveforms = np.random.default_rng(0).normal(size=(len(inputs), 40)).astype(np.float32)
    return ServedHead("spectra", model, {}, {"waveform": waveforms * (np.arange(40) < 25)})


@pytest.mark.extras
@pytest.mark.parametrize("name", RUNTIMES)
def test_detectors_are_equal_in_each_runtime(heads_of, name):
    pytest.importorskip(RUNTIMES[name])
    heads = heads_of("series", [detector, expected_points, spectra])
    for head in ("detector", "points", "spectra"):
        source = heads[head]
        found = conversion.convert(source, name).run(source.record.inputs)
        for output, value in source.record.outputs.items():
            np.testing.assert_allclose(found[output], value, atol=1e-5)


@pytest.mark.extras
@pytest.mark.parametrize("name", RUNTIMES)
def test_colors_of_images_of_any_size_are_equal_in_each_runtime(tmp_path, random, name):
    pytest.importorskip(RUNTIMES[name])
    variant = ColorDistribution(filters=(4, 6), unshuffle=2)
    heads = variant.build(Spec((16, 16, 1), (16, 16, 2), REAL))
    inputs = random.uniform(-1, 1, size=(3, 16, 16, 1)).astype(np.float32)
    servable = ServableHeads(heads, Scaler(REAL, 0, 1), {"inputs": inputs})
    folders = export_heads(servable, "colors", {"data": {"domain": "real"}}, tmp_path)
    for folder in folders.values():
        source = load_source(folder)
        smaller = {key: value[:2, :8, :12] for key, value in source.record.inputs.items()}
        found = conversion.convert(source, name).run(smaller)
        for output, value in source.run(smaller).items():
            np.testing.assert_allclose(found[output], value, atol=1e-4)


def test_a_conversion_says_how_texts_become_classes():
    facts = TEXTS.client_facts
    ids, longest = facts["tokens"], max(map(len, facts["tokens"]))
    for text, classes in zip([*LINES, "the c?t"], TEXTS.classes_of([*LINES, "the c?t"], "here"), strict=True):
        own, start = [], 0
        while start < len(text):
            size = next((n for n in range(longest, 0, -1) if text[start : start + n] in ids), 0)
            own.append(ids[text[start : start + size]] if size else facts["unknown"])
            start += size or 1
        own.append(facts["end"])
        assert own + [facts["absent"]] * (facts["length"] - len(own)) == classes.tolist()

"""The layers of a model, their outputs as codes, and what these are worth."""

import json

import numpy as np
import pytest

from keras_ae.apps.encoding.encode import encode
from keras_ae.apps.encoding.layers import layer_head, layer_model, layers_of
from keras_ae.apps.encoding.probing import write_probes
from keras_ae.backbones.conv2d import ConvBackbone
from keras_ae.cli.parser import make_parser
from keras_ae.domains import UNIT
from keras_ae.errors import InputError
from keras_ae.heads import Spec, batched
from keras_ae.runs.card import CARD_FILE
from keras_ae.variants.undercomplete import Undercomplete


@pytest.fixture(scope="module")
def heads():
    shape = (8, 8, 1)
    return Undercomplete(ConvBackbone(filters=(3,), smallest=4), latent_dim=2).build(Spec(shape, shape, UNIT))


def test_layers_are_listed_with_their_shapes(heads):
    found = {layer.name: layer for layer in layers_of(heads)}
    assert found["encoder_conv_1"].shape == (4, 4, 3)
    assert (found["encoder_code"].head, found["encoder_code"].parameters) == ("encoder", 48 * 2 + 2)
    assert found["reconstruction"].head == "decoder"


def test_outputs_are_strung_together_or_pooled(heads, random):
    examples = {"inputs": random.random((3, 8, 8, 1)).astype(np.float32)}
    whole = batched(layer_model(heads, "encoder_conv_1"), examples)["code"]
    assert whole.shape == (3, 48)
    mean, most = (
        batched(layer_model(heads, "encoder_conv_1", pool), examples)["code"] for pool in ("mean", "max")
    )
    np.testing.assert_allclose(mean, whole.reshape(3, 16, 3).mean(axis=1), rtol=1e-5, atol=1e-6)  # of sums
    np.testing.assert_array_equal(most, whole.reshape(3, 16, 3).max(axis=1))
    decoded = batched(layer_model(heads, "reconstruction"), examples)["code"]
    np.testing.assert_allclose(
        decoded, batched(heads.end_to_end, examples)["reconstruction"].reshape(3, 64), rtol=1e-5
    )
    with pytest.raises(InputError, match="no layer 'encoder_conv_2'.*it has encoder_conv_1, "):
        layer_model(heads, "encoder_conv_2")


def test_a_layer_of_a_run_encodes_as_an_exported_head_does(tiny_run, tmp_path, random):
    card = tiny_run.directory / CARD_FILE
    if not card.exists():
        data = {"domain": "unit", "shape": [12, 12, 1], "classes": 0}
        card.write_text(json.dumps({"format": 1, "data": data}))
    examples = random.random((5, 12, 12, 1)).astype(np.float32)
    np.save(tmp_path / "x.npy", examples)
    head = layer_head(tiny_run.directory, "encoder_code")
    encoded = encode(head, head.open_stream(str(tmp_path / "x.npy")), tmp_path / "codes.npy")
    assert encoded.count == 5
    expected = batched(tiny_run.heads.encoder, {"inputs": examples})["code"]
    np.testing.assert_allclose(
        np.load(tmp_path / "codes.npy"), expected, rtol=1e-5, atol=1e-6
    )  # another graph


def test_probes_of_layers_are_a_table_and_a_chart(tmp_path):
    rows = [{"layer": name, "probe": 0.5, "knn": 0.4} for name in ("inputs", "encoder_code")]
    table, chart = write_probes(tmp_path, rows)
    assert json.loads(table.read_text()) == rows
    assert chart.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--pool", "mean"], "--pool goes with --layer"),
        (["--layer", "a", "--head", "decoder"], "--head of an exported head; leave one out"),
        (["--layer", "a", "--bits", "4"], "--bits of an exported head; leave one out"),
    ],
)
def test_options_of_layers_and_of_heads_exclude_each_other(words, message, tmp_path):
    options = make_parser().parse_args(["encode", "tiny", "x.npy", "--output", "y.npy", *words])
    with pytest.raises(InputError, match=message):
        options.verb(options)

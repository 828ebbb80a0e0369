"""Heads that take and give texts: strings in, strings out, as the Keras heads give them."""

import keras
import numpy as np
import pytest

from keras_ae.backbones.sequence import SequenceBackbone
from keras_ae.data.scaling import Scaler
from keras_ae.domains import CATEGORICAL
from keras_ae.errors import InputError
from keras_ae.formats.text.texts import Texts
from keras_ae.formats.text.vocabulary import learn_tokens
from keras_ae.heads import ServableHeads, Spec, apply
from keras_ae.serving.export import difference, export_heads
from keras_ae.serving.exported import ExportedHead
from keras_ae.variants.undercomplete import Undercomplete

LINES = ["the cat sat", "a dog sat", "the end", "cat"]


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """The format, the heads, and the folders of their exports."""
    keras.utils.set_random_seed(0)
    format = Texts(learn_tokens(LINES, 4), 14)
    shape = (14, format.vocabulary.classes)
    heads = Undercomplete(SequenceBackbone((6,), 3), 3).build(Spec(shape, shape, CATEGORICAL))
    scaler = Scaler(CATEGORICAL, 0, 1, format=format)
    inputs = scaler.transform(format.classes_of(LINES, "here"), shape[-1])
    servable = ServableHeads(heads, scaler, {"inputs": inputs}, format=format)
    card = {"data": {"domain": "categorical"}}
    return format, heads, inputs, export_heads(servable, "texts", card, tmp_path_factory.mktemp("models"))


def test_an_encoder_takes_texts_and_counts_unknown_characters(exported):
    _, heads, inputs, folders = exported
    signature = ExportedHead(folders["encoder"]).signature("text")
    assert list(signature.inputs) == ["text"]
    outputs = signature.predict([*LINES, "the c?t"])
    expected = apply(heads.encoder, {"inputs": inputs})["code"]
    np.testing.assert_allclose(outputs["code"][:4], expected, atol=1e-6)
    assert outputs["unknown"].tolist() == [0, 0, 0, 0, 1]


def test_no_answer_depends_on_the_other_texts_of_a_request(exported):
    signature = ExportedHead(exported[3]["encoder"]).signature("text")
    together = signature.predict(LINES)["code"]
    for number, line in enumerate(LINES):
        np.testing.assert_allclose(signature.predict([line])["code"][0], together[number], atol=1e-6)
    np.testing.assert_allclose(signature.predict(LINES[::-1])["code"], together[::-1], atol=1e-6)


def test_a_decoder_gives_texts_up_to_their_ends_beside_their_classes(exported):
    format, heads, inputs, folders = exported
    codes = np.asarray(apply(heads.encoder, {"inputs": inputs})["code"])
    outputs = ExportedHead(folders["decoder"]).signature("text").predict({"code": codes})
    assert set(outputs) == {"text", "classes"}
    probabilities = np.asarray(apply(heads.decoder, {"code": codes})["reconstruction"])
    classes = format.ended(probabilities.argmax(axis=-1))
    np.testing.assert_array_equal(outputs["classes"], classes)
    assert [text.decode() for text in outputs["text"]] == format.decoded(classes)


def test_an_autoencoder_takes_and_gives_texts_with_the_error_of_their_own_positions(exported):
    _, heads, inputs, folders = exported
    outputs = ExportedHead(folders["autoencoder"]).signature("text").predict(LINES)
    reconstruction = apply(heads.end_to_end, {"inputs": inputs})["reconstruction"]
    np.testing.assert_allclose(outputs["error"], CATEGORICAL.loss(inputs, reconstruction), rtol=1e-5)


def test_a_text_that_is_too_long_is_refused(exported):
    signature = ExportedHead(exported[3]["encoder"]).signature("text")
    with pytest.raises(InputError, match="at most 13 tokens"):
        signature.predict(["q" * 14])


def test_texts_that_differ_are_no_images_of_one_level_apart():
    one, other = (np.array([text], object) for text in (b"cat", b"car"))
    assert difference(one, one) == 0
    assert difference(one, other) == 1

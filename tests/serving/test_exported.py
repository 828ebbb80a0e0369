"""Exported heads opened again: found by version or label, described, called, and refused in one line."""

import json
import shutil

import numpy as np
import pytest
import tensorflow as tf

from keras_ae.errors import InputError
from keras_ae.serving.exported import ExportedHead, brief, open_head


def test_a_head_is_found_described_and_run_in_batches(exported, random):
    head = open_head(exported, "tiny", "encoder")
    assert (head.recipe, head.head, head.name, head.folder.name) == ("tiny", "encoder", "tiny_encoder", "1")
    assert (head.domain, head.card["recipe"]) == ("unit", "tiny")
    signature = head.signature()
    assert signature.tensors() == head.card["signatures"]["serving_default"]
    images = random.uniform(size=(5, 12, 12, 1)).astype("float32")
    whole = signature({"inputs": images})["code"]
    np.testing.assert_allclose(signature.predict(images, batch=2)["code"], whole, atol=1e-6)


def test_a_label_is_followed_and_an_unknown_one_is_refused(exported):
    assert open_head(exported, "tiny", "encoder", label="stable").folder.name == "1"
    with pytest.raises(InputError, match="tiny has no encoder labeled 'x'; it has stable"):
        open_head(exported, "tiny", "encoder", label="x")


def test_an_unknown_signature_is_refused_with_those_there_are(exported):
    with pytest.raises(InputError, match="tiny_decoder has no signature 'x'; it has png, serving_default"):
        open_head(exported, "tiny", "decoder").signature("x")


def test_a_value_that_the_graph_refuses_is_an_error_of_one_line(exported):
    signature = open_head(exported, "tiny", "encoder").signature("image_bytes")
    with pytest.raises(InputError, match="expected the bytes of a PNG or JPEG image") as raised:
        signature({"image_bytes": np.array([b"nothing"], object)})
    assert "\n" not in str(raised.value)
    assert "node" not in str(raised.value)


def test_what_does_not_load_is_to_be_exported_again(exported, tmp_path):
    folder = shutil.copytree(exported / "tiny" / "encoder" / "1", tmp_path / "tiny" / "encoder" / "1")
    (folder / "saved_model.pb").write_bytes(b"x")
    with pytest.raises(InputError, match="cannot be loaded .*; export it again"):
        ExportedHead(folder).signature()
    for text in ("[1]", "{"):
        (folder / "card.json").write_text(text)
        with pytest.raises(InputError, match="no card.json that can be read .*keras-ae export tiny"):
            _ = ExportedHead(folder).card
    (folder / "card.json").unlink()
    assert ExportedHead(folder).domain is None


@pytest.mark.parametrize("number", [2, -1, "one", True, None])
def test_a_card_of_an_unknown_format_is_refused(tmp_path, number):
    (tmp_path / "card.json").write_text(json.dumps({"format": number}))
    with pytest.raises(InputError, match=f"has format {number}, and this version of keras_ae reads those up"):
        _ = ExportedHead(tmp_path).card


def test_an_error_without_a_message_is_its_class():
    assert brief(ValueError()) == "ValueError"
    assert brief(tf.errors.OutOfRangeError(None, None, "too\n much")) == "too much"

"""Texts as classes: vocabularies, graphs that read as Python does, n-grams, edit distances, files."""

import numpy as np
import pytest
import tensorflow as tf

from keras_ae.errors import InputError
from keras_ae.formats import from_json, to_json
from keras_ae.formats.text.edit_distance import edit_distances, edit_similarity
from keras_ae.formats.text.ngrams import NGrams
from keras_ae.formats.text.reading import cut, read_text
from keras_ae.formats.text.texts import Texts
from keras_ae.formats.text.vocabulary import END, UNKNOWN, Vocabulary, learn_tokens

LINES = ["the cat sat", "the dog sat", "a cat", "the end, said the cat"] * 3


def format_with(pieces, length=24):
    return Texts(learn_tokens(LINES, pieces), length)


@pytest.mark.parametrize("pieces", [0, 6])
def test_texts_come_back_from_their_classes(pieces):
    format = format_with(pieces)
    examples = format.classes_of(LINES, "here")
    assert format.decoded(examples) == LINES
    assert ((examples == END).sum(axis=1) == 1).all()
    assert (format.ended(examples) == examples).all()


def test_pieces_make_texts_shorter_and_none_reaches_over_a_space():
    tokens = learn_tokens(LINES, 6)
    assert len(tokens) == len(learn_tokens(LINES)) + 6
    assert not any(" " in token[1:] for token in tokens)
    assert max(map(len, tokens)) > 1
    assert len(Vocabulary(tokens).classes_of(LINES[0])) < len(LINES[0])


def test_rare_characters_are_unknown_and_shown_as_such():
    tokens = learn_tokens(["aab", "ab!"], min_count=2)
    assert tokens == ("a", "b")
    format = Texts(tokens, 5)
    examples = format.classes_of(["a!b"], "here")
    assert examples.tolist() == [[2, UNKNOWN, 3, END, -1]]
    assert format.decoded(examples) == ["a\N{REPLACEMENT CHARACTER}b"]


@pytest.mark.parametrize("pieces", [0, 6])
def test_a_graph_reads_and_writes_texts_as_python_does(pieces):
    format = format_with(pieces)
    texts = [*LINES, "", "Zürich", "the cat \N{GRINNING FACE}", "cat the", "t" * 23]
    given = np.array([text.encode() for text in texts], object)
    run = tf.function(lambda values: format.from_clients(values, in_graph=True))
    classes, further = run(tf.constant(given))
    expected, counts = format.from_clients(given, in_graph=False)
    np.testing.assert_array_equal(classes, expected)
    np.testing.assert_array_equal(further["unknown"], counts["unknown"])
    write = tf.function(lambda values: format.for_clients(values, in_graph=True))
    np.testing.assert_array_equal(write(classes), format.for_clients(expected, in_graph=False))


def test_a_graph_refuses_a_text_that_is_too_long_and_reads_bytes_that_are_no_text():
    format = format_with(0, length=5)
    with pytest.raises(tf.errors.InvalidArgumentError, match="at most 4 tokens"):
        format.from_clients(tf.constant(["the cat"]), in_graph=True)
    _, further = format.from_clients(tf.constant([b"a\xff"]), in_graph=True)
    assert further["unknown"].numpy().tolist() == [1]


def test_what_a_decoder_gives_after_the_end_does_not_exist():
    format = Texts(("a", "b"), 5)
    assert format.ended(np.array([[2, 0, 3, 0, 2]])).tolist() == [[2, 0, -1, -1, -1]]
    assert format.decoded(np.array([[2, 3, 2, 3, 2]])) == ["ababa"]


def test_texts_too_long_are_refused_with_their_number():
    with pytest.raises(InputError, match="at most 4 characters in here.*number 2 has 7"):
        format_with(0, length=5).classes_of(["a", "the cat"], "here")


def test_a_format_is_stored_as_text():
    format = format_with(6)
    assert from_json(to_json(format)) == format


def test_files_of_text_are_read_and_written(tmp_path):
    format = format_with(0)
    (path,) = format.write(format.classes_of(["the cat"], "here")[0], tmp_path / "one")
    assert path.read_text(encoding="utf-8") == "the cat\n"
    assert format.text(format.read(path, (24,))) == "the cat"
    assert format.note_on(path) == ""
    path.write_text("the cat\n\na dog\n", encoding="utf-8")
    assert "first of 2 lines" in format.note_on(path)
    assert format.render(format.classes_of(["the cat"], "here")[0]).shape[-1] == 3


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"caf\xe9\n", r"byte 0xe9 in line 1.*iconv"),
        ("text".encode("utf-16"), "UTF-16"),
        (b"a\0b", "bytes of another kind"),
    ],
)
def test_a_file_of_another_encoding_is_refused_in_one_line(tmp_path, content, said):
    path = tmp_path / "one.txt"
    path.write_bytes(content)
    with pytest.raises(InputError, match=said) as caught:
        read_text(path)
    assert "\n" not in str(caught.value)


def test_a_file_is_cut_into_lines_paragraphs_or_windows(tmp_path):
    path = tmp_path / "one.txt"
    path.write_bytes(b"\xef\xbb\xbfone \r\ntwo\r\n\r\n  three\r\n")
    text = read_text(path)
    assert cut(text, "line", 0) == ["one", "two", "", "  three"]
    assert cut(text, "paragraph", 0) == ["one \ntwo", "three"]
    assert cut("abcdefg", "window", 3) == ["abc", "def", "g"]


def test_the_edit_distance_is_that_of_its_definition():
    def slow(one, other):
        row = list(range(len(other) + 1))
        for i, a in enumerate(one, 1):
            before, row = row, [i]
            for j, b in enumerate(other, 1):
                row.append(min(before[j] + 1, row[-1] + 1, before[j - 1] + (a != b)))
        return row[-1]

    random = np.random.default_rng(0)
    ones, others = (Texts(("a", "b", "c"), 9).ended(random.integers(0, 5, (50, 9))) for _ in range(2))
    rows = [[[c for c in row if c > 0] for row in side.tolist()] for side in (ones, others)]
    expected = [slow(one, other) for one, other in zip(*rows, strict=True)]
    assert edit_distances(ones, others).tolist() == expected
    sizes = np.maximum([len(row) for row in rows[0]], 1)
    np.testing.assert_allclose(edit_similarity(ones, others), np.maximum(0, 1 - expected / sizes))


def test_ngrams_interpolate_by_the_tokens_that_follow_a_context():
    examples = np.array([[2, 3, 0], [2, 2, 0]])
    grams = NGrams(examples, 4, order=2)
    # unigrams of 6 tokens, 3 kinds: (count + 3/4) / 9; bigrams of the beginning: 2 of one kind
    of_2 = (3 + 3 / 4) / 9
    first = (2 + of_2) / 3
    after_2 = (1 + 3 * (1 + 3 / 4) / 9) / 6  # three tokens followed 2, each once
    after_3 = (1 + (2 + 3 / 4) / 9) / 2
    np.testing.assert_allclose(grams.probabilities(examples[:1]), [first, after_2, after_3])


def test_samples_of_ngrams_end_and_follow_their_probabilities():
    format = format_with(0)
    grams = NGrams(format.classes_of(LINES, "here"), format.vocabulary.classes, 3)
    samples = grams.sample(200, 0)
    np.testing.assert_array_equal(samples, grams.sample(200, 0))
    assert ((samples == END).sum(axis=1) == 1).all()
    begin = np.mean(samples[:, 0] == format.classes_of(["t"], "here")[0, 0])
    assert begin == pytest.approx(0.75, abs=0.1)  # three of four lines, and 200 samples

"""Texts and classes in a served graph, by TensorFlow's own ops, without tables to initialize."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from keras_ae.formats.text.vocabulary import END, FIRST, REPLACEMENT, UNKNOWN, Vocabulary

__all__ = ["classes_of_texts", "texts_of_classes", "until_end"]


def classes_of_texts(texts: tf.Tensor, vocabulary: Vocabulary, length: int) -> tf.Tensor:
    """Texts as classes, as `Vocabulary.encode` gives them.

    Args:
        texts: (batch,), UTF-8; a text of more than `length` - 1 tokens fails the request.
        vocabulary: The tokens.
        length: Positions of an example.

    Returns:
        (batch, length), int64.
    """
    points = tf.strings.unicode_decode(texts, "UTF-8", errors="replace")
    if vocabulary.longest == 1:
        classes = points.with_flat_values(_classes_of_points(points.flat_values, vocabulary.tokens))
    else:
        classes = _longest_pieces(points, vocabulary)
    most = length - 1
    longest = tf.reduce_max(tf.concat([classes.row_lengths(), [0]], 0))
    expected = f"expected texts of at most {most} tokens, received one of:"
    with tf.control_dependencies([tf.debugging.Assert(longest <= most, [expected, longest])]):
        ends = tf.fill((classes.nrows(), 1), tf.constant(END, tf.int64))
        ended = tf.concat([tf.cast(classes, tf.int64), ends], axis=1)
        return ended.to_tensor(default_value=-1, shape=(None, length))


def texts_of_classes(classes: tf.Tensor, vocabulary: Vocabulary) -> tf.Tensor:
    """Classes as texts, up to their ends.

    Args:
        classes: (batch, length), whole numbers.
        vocabulary: The tokens.

    Returns:
        (batch,), UTF-8.
    """
    words = tf.constant(["", REPLACEMENT, *vocabulary.tokens])
    ends = tf.cast(tf.equal(classes, END), tf.int32)
    before = tf.cast(tf.equal(tf.cumsum(ends, axis=-1), 0), classes.dtype)
    return tf.strings.reduce_join(tf.gather(words, tf.maximum(classes, 0) * before), axis=-1)


def until_end(classes: tf.Tensor) -> tf.Tensor:
    """Classes with -1 after the first end.

    Args:
        classes: (batch, length), whole numbers.

    Returns:
        (batch, length).
    """
    before = tf.cumsum(tf.cast(tf.equal(classes, END), tf.int32), axis=-1, exclusive=True)
    return tf.where(tf.equal(before, 0), classes, -tf.ones_like(classes))


def _classes_of_points(points: tf.Tensor, tokens: tuple[str, ...]) -> tf.Tensor:
    """The classes (n,) of code points (n,), of tokens of one character each."""
    known = np.array([ord(token) for token in tokens], np.int32)
    order = np.argsort(known)
    index = tf.minimum(tf.searchsorted(tf.constant(known[order]), points), len(known) - 1)
    is_known = tf.equal(tf.gather(tf.constant(known[order]), index), points)
    return tf.where(is_known, tf.gather(tf.constant(FIRST + order, tf.int32), index), UNKNOWN)


def _longest_pieces(points: Any, vocabulary: Vocabulary) -> Any:
    """The classes of the longest tokens from the beginning of each text on, ragged (batch, None)."""
    characters, steps, classes = _trie(vocabulary.tokens)
    numbers = _classes_of_points(points.flat_values, characters) - UNKNOWN  # 0 for an unknown character
    row = points.with_flat_values(numbers).to_tensor(default_value=0)
    ahead = tf.pad(row, ((0, 0), (0, vocabulary.longest)))
    count = tf.shape(row)[1]
    state, size, chosen = tf.zeros_like(row), tf.ones_like(row), tf.fill(tf.shape(row), UNKNOWN)
    for offset in range(vocabulary.longest):
        state = tf.gather_nd(tf.constant(steps), tf.stack([state, ahead[:, offset : offset + count]], -1))
        ends = tf.gather(tf.constant(classes), state)
        size, chosen = tf.where(ends > 0, offset + 1, size), tf.where(ends > 0, ends, chosen)

    def step(carry, inputs):
        following, _ = carry
        position, size = inputs
        begins = tf.equal(following, position)
        return tf.where(begins, position + size, following), begins

    start = tf.zeros_like(points.row_lengths(), tf.int32)
    along = tf.range(count), tf.transpose(size)
    _, begins = tf.scan(step, along, initializer=(start, tf.zeros_like(start, tf.bool)))
    exist = tf.sequence_mask(points.row_lengths(), count)
    return tf.ragged.boolean_mask(chosen, tf.transpose(begins) & exist)


def _trie(tokens: tuple[str, ...]) -> tuple[tuple[str, ...], np.ndarray, np.ndarray]:
    """The characters of tokens, the state after each state and character, and the class of each state.

    State 0 is the beginning, the last one that of no token; the character 0 is an unknown one.
    """
    characters = tuple(sorted({character for token in tokens for character in token}))
    number = {character: index + 1 for index, character in enumerate(characters)}
    states: list[dict[int, int]] = [{}]
    classes = [0]
    for index, token in enumerate(tokens):
        state = 0
        for character in token:
            following = states[state].setdefault(number[character], len(states))
            if following == len(states):
                states.append({})
                classes.append(0)
            state = following
        classes[state] = FIRST + index
    steps = np.full((len(states) + 1, len(characters) + 1), len(states), np.int32)
    for state, after in enumerate(states):
        steps[state, list(after)] = list(after.values())
    return characters, steps, np.array([*classes, 0], np.int32)

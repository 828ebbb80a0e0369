"""The format of texts: read from and written to files of plain text, and rendered as lines of letters."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from keras_ae.counts import counted
from keras_ae.errors import InputError
from keras_ae.formats import Format, SampleFunction
from keras_ae.formats.inputs import ExamplesInFiles, HeadInputs
from keras_ae.formats.text.edit_distance import edit_similarity
from keras_ae.formats.text.ngrams import NGrams
from keras_ae.formats.text.reading import SUFFIXES, cut, joined, read_text
from keras_ae.formats.text.vocabulary import END, FIRST, UNKNOWN, Vocabulary

__all__ = ["Texts"]

ORDER = 5
"""Tokens of the n-grams that texts are compared with."""
COLUMNS, LETTER, LINE, MARGIN = 36, 13, 17, 6
"""Letters of a rendered line, and pixels: of a letter, of a line, and around all."""
WIDTH = 300
"""Pixels of a rendered text's width."""


@dataclass(frozen=True)
class Texts(Format):
    """Texts as classes of tokens, (length,): the tokens, an end, and -1 after it.

    Attributes:
        tokens: The tokens in the order of their classes, which begin after the end and unknown characters.
        length: Positions of an example, one more than the longest text has tokens.
        example: What an example is: "line", "paragraph" or "window".
    """

    suffixes = SUFFIXES
    has_ends = True
    noun = "texts"
    is_text = True
    writes_several = True
    served_name = "text"
    tokens: tuple[str, ...]
    length: int
    example: str = "line"

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The classes."""
        return Vocabulary(self.tokens)

    @property
    def client_facts(self) -> dict[str, Any]:
        """How a text becomes classes, and back."""
        return {
            "rule": "the longest token from the beginning on, again and again, or `unknown` for a character "
            "that begins none; then `end`, then `absent` up to `length`",
            "tokens": {token: FIRST + number for number, token in enumerate(self.tokens)},
            "unknown": UNKNOWN,
            "end": END,
            "absent": -1,
            "length": self.length,
        }

    def ended(self, classes: Any, in_graph: bool = False) -> Any:
        """Examples without what a decoder gives after their first end.

        Args:
            classes: (..., length), whole numbers of classes, a tensor in a graph, else an array.
            in_graph: Whether to use TensorFlow's ops alone.

        Returns:
            (..., length), -1 after the first end.
        """
        if in_graph:
            from keras_ae.formats.text.graph import until_end

            return until_end(classes)
        ends = (classes == END).astype(np.int64)
        return np.where(np.cumsum(ends, axis=-1) - ends > 0, -1, classes)

    def steps(self, examples: np.ndarray) -> float:
        """The mean number of tokens of examples, with the end.

        Args:
            examples: (n, length), as `ended` gives them.

        Returns:
            The mean.
        """
        return float((np.asarray(examples) >= 0).sum() / len(examples))

    def decoded(self, examples: np.ndarray) -> list[str]:
        """Examples as texts.

        Args:
            examples: (n, length).

        Returns:
            The texts.
        """
        return self.vocabulary.decode(examples)

    def classes_of(self, texts: list[str], where: str) -> np.ndarray:
        """Texts as examples.

        Args:
            texts: The texts.
            where: What they are, for messages.

        Returns:
            (n, length).

        Raises:
            InputError: If one is longer than an example.
        """
        sizes = [len(self.vocabulary.classes_of(text)) for text in texts]
        if sizes and max(sizes) >= self.length:
            number = int(np.argmax(sizes))
            most = counted(self.length - 1, "character" if self.vocabulary.longest == 1 else "token")
            raise InputError(
                f"expected texts of at most {most} in {where}, as the model was trained "
                f"on; number {number + 1} has {max(sizes)}: {texts[number][:40]!r}...; shorten it"
            )
        return self.vocabulary.encode(texts, self.length)

    def example_of(self, text: str) -> np.ndarray:
        return self.classes_of([text], "the command")[0]

    def signature(self, shape: tuple[int, ...]) -> str:
        return self.served_name

    def takes(self, head: HeadInputs) -> bool:
        return head.names in (["inputs"], [self.served_name])

    def find(self, paths: Sequence[Path]) -> ExamplesInFiles:
        """The texts in files, without blank ones.

        Args:
            paths: Files of plain text, and folders of them.

        Returns:
            The texts themselves.

        Raises:
            InputError: If a file cannot be read, has no text, or has one that is longer than an example.
        """
        texts: list[str] = []
        files: list[Path] = []
        unknown: list[int] = []
        for file in self.files_in(paths):
            own = self._texts_in(file)
            unknown += (self.classes_of(own, str(file)) == UNKNOWN).sum(axis=-1).tolist()
            texts += own
            files += [file] * len(own)
        note = (
            f"unknown to the model, and all read as the same: {counted(sum(unknown), 'character')} in "
            f"{sum(map(bool, unknown)):,} of {counted(len(texts), 'text')}"
        )
        return ExamplesInFiles(texts, (note,) if any(unknown) else (), files)

    def input_of(self, example: str, head: HeadInputs) -> Any:
        """A text as a head takes it: itself, or its classes."""
        return example.encode() if self.served_name in head.specs else self.example_of(example)

    def notes_on(self, examples: Sequence[str], head: HeadInputs) -> tuple[str, ...]:
        return ()

    def compared(self, examples: Sequence[str], inputs: Mapping[str, np.ndarray], head: HeadInputs) -> None:
        return None

    def _texts_in(self, path: Path) -> list[str]:
        texts = [text for text in cut(read_text(path), self.example, self.length - 1) if text.strip()]
        if not texts:
            raise InputError(f"expected text in {path}, received none; write some into it")
        return texts

    def read(self, path: Path, shape: tuple[int, ...]) -> np.ndarray:
        return self.classes_of(self._texts_in(path)[:1], str(path))[0]

    def note_on(self, path: Path, shape: tuple[int, ...] = ()) -> str:
        count = len(self._texts_in(path))
        return f"of {path} the first of {count:,} {self.example}s is read" if count > 1 else ""

    def text(self, example: np.ndarray) -> str:
        return self.decoded(example[None])[0]

    def render(self, example: np.ndarray) -> np.ndarray:
        letters = self.text(example).splitlines() or [""]
        lines = [line for part in letters for line in textwrap.wrap(part, COLUMNS) or [""]]
        most = -(-self.length // COLUMNS) + 1  # so that all examples have one size
        image = Image.new("RGB", (WIDTH, most * LINE + 2 * MARGIN), "white")
        font = ImageFont.load_default(LETTER)
        pen = ImageDraw.Draw(image)
        for number, line in enumerate(lines[:most]):
            pen.text((MARGIN, MARGIN + number * LINE), line, fill=(20, 20, 20), font=font)
        return np.asarray(image)

    def write(self, example: np.ndarray, stem: Path) -> list[Path]:
        path = stem.with_name(stem.name + ".txt")
        path.write_text(self.text(example) + "\n", encoding="utf-8")
        return [path]

    def write_several(self, examples: Sequence[Any], names: Sequence[str], stem: Path) -> Path:
        """Writes texts, or classes, to one file, parted as those of a file are."""
        texts = [one.decode() if isinstance(one, bytes) else self.text(one) for one in examples]
        path = stem.with_name(stem.name + ".txt")
        path.write_text(joined(texts, self.example), encoding="utf-8")
        return path

    def reconstruction_metrics(self) -> dict[str, Callable[[Any, Any], Any]]:
        """1 - the edit distance of a text and its reconstruction / the text's length, and exact copies."""

        def sides(target: Any, output: Any) -> list[np.ndarray]:
            return [self.ended(np.asarray(side).argmax(axis=-1)) for side in (target, output)]

        def edits(target: Any, output: Any) -> np.ndarray:
            return edit_similarity(*sides(target, output)).astype(np.float32)

        def exact(target: Any, output: Any) -> np.ndarray:
            one, other = sides(target, output)
            return (one == other).all(axis=-1).astype(np.float32)

        return {"edit_similarity": edits, "exact": exact}

    def sample_metrics(self, samples: np.ndarray, train: np.ndarray, test: np.ndarray) -> dict[str, float]:
        """The fraction of the samples' words that training texts have, and their mean number of tokens."""
        words = {word for text in self.decoded(train) for word in _words(text)}
        sampled = [word for text in self.decoded(samples) for word in _words(text)]
        known = sum(word in words for word in sampled) / max(1, len(sampled))
        return {"known_words": known, "tokens": self.steps(self.ended(samples))}

    def baselines(self, train: np.ndarray) -> dict[str, SampleFunction]:
        return {f"{ORDER}-gram": self._ngrams(train).sample}

    def nll(self, train: np.ndarray, test: np.ndarray) -> dict[str, float]:
        return {f"{ORDER}-gram": self._ngrams(train).nats(test)}

    def _ngrams(self, train: np.ndarray) -> NGrams:
        return NGrams(train, self.vocabulary.classes, ORDER)

    def from_clients(self, values: Any, in_graph: bool) -> tuple[Any, dict[str, Any]]:
        if not in_graph:
            texts = [
                value.decode(errors="replace") if isinstance(value, bytes) else str(value) for value in values
            ]
            classes = self.classes_of(texts, "the request")
            return classes, {"unknown": (classes == UNKNOWN).sum(axis=-1)}
        import tensorflow as tf  # which a client and most verbs do not need

        from keras_ae.formats.text.graph import classes_of_texts

        classes = classes_of_texts(values, self.vocabulary, self.length)
        return classes, {"unknown": tf.math.count_nonzero(tf.equal(classes, UNKNOWN), axis=-1)}

    def for_clients(self, classes: Any, in_graph: bool) -> Any:
        if not in_graph:
            return np.array([text.encode() for text in self.decoded(classes)], object)
        from keras_ae.formats.text.graph import texts_of_classes

        return texts_of_classes(classes, self.vocabulary)


def _words(text: str) -> list[str]:
    """The words of a text without what stands around them, in small letters."""
    return [word for part in text.lower().split() if (word := part.strip(".,;:!?()[]'\"`*-_"))]

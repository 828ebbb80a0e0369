"""Texts as one-hot examples: cut, cleared of blank and too long ones, split, and told in notes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from keras_ae.counts import counted
from keras_ae.data.dataset import Dataset
from keras_ae.data.examples import LARGEST, Split
from keras_ae.data.scaling import Scaler
from keras_ae.data.split_rules import by_content
from keras_ae.data.splits import TEST, Parts, digests
from keras_ae.data.types import Data
from keras_ae.domains import CATEGORICAL
from keras_ae.errors import InputError, check_choices, check_least
from keras_ae.formats.text.reading import EXAMPLES, cut
from keras_ae.formats.text.texts import Texts
from keras_ae.formats.text.vocabulary import UNKNOWN, Vocabulary, learn_tokens

__all__ = ["TextDataset"]

LONGER = ("leave_out", "cut", "refuse")
"""What may become of examples that are too long."""
SPLITS = ("order", "content")
"""Rules that split texts."""
EACH = 20
"""Of so many examples before the test split one validates: those beside it may be of the same play."""
MANY_DUPLICATES = 0.01
"""Fraction of test examples that are also training examples, from which it is told what to do."""


@dataclass(frozen=True)
class TextDataset(Dataset):
    """Texts as classes of characters, or of pieces of words, up to an end.

    Blank examples are left out, and so are by default those that are too long; both are counted. What a
    vocabulary lacks is one class, "unknown".

    Attributes:
        example: What an example is: a "line", a "paragraph" (lines up to a blank one), or a "window" of
            `max_length` characters.
        max_length: Characters of an example, or pieces of words, at most; at least 1.
        longer: What becomes of longer ones: "leave_out", "cut" or "refuse".
        split_by: "order": the last tenth of the examples is the test split, and every 20th of those before
            it validates; or "content": equal examples are in one split.
        pieces: Pieces of words that are learned in addition to characters, 0 for none; with them a position
            is the longest piece that fits.
        min_count: How often a character must occur in the training texts, at least 1; rarer ones are unknown.
        distinct: Whether equal examples count once.
    """

    category = "text"
    carried_over = ("example", "pieces", "min_count")
    example: str = "line"
    max_length: int = 80
    longer: str = "leave_out"
    split_by: str = "order"
    pieces: int = 0
    min_count: int = 1
    distinct: bool = False

    def __post_init__(self) -> None:
        check_choices(self, example=EXAMPLES, longer=LONGER, split_by=SPLITS)
        check_least(self, max_length=1, pieces=0, min_count=1)

    def texts(self) -> tuple[str, list[str], tuple[str, ...]]:
        """Reads the texts.

        Returns:
            The data's name, the texts that are to be cut, and notes.

        Raises:
            InputError: If there is no text, or it cannot be read.
        """
        raise NotImplementedError

    def load(self) -> Data:
        """Reads the texts and splits them.

        Raises:
            InputError: If they cannot be read, are too few or too large.
        """
        name, texts, notes = self.texts()
        return self._data(name, texts, notes)

    def load_like(self, scaler: Scaler) -> Data:
        """Reads the texts by the vocabulary and the length of a trained model."""
        if not isinstance(scaler.format, Texts):
            return self.load()
        name, texts, notes = self.texts()
        like = replace(self, max_length=scaler.format.length - 1, example=scaler.format.example)
        return like._data(name, texts, notes, scaler.format.vocabulary)

    def sample(self) -> Data:
        """A few made-up sentences."""
        return self._data("sample", list(_sentences(120)), ())

    def _data(
        self,
        name: str,
        texts: Sequence[str],
        notes: tuple[str, ...],
        vocabulary: Vocabulary | None = None,
    ) -> Data:
        examples = [part for text in texts for part in cut(text, self.example, self.max_length)]
        present = [text for text in examples if text.strip()]
        chosen = list(dict.fromkeys(present)) if self.distinct else present
        if len(set(chosen)) < 3:
            raise InputError(
                f"expected at least 3 different {self.example}s in {name}, one each to train, validate and "
                f"test on; received {len(set(chosen))}; add text, or cut it otherwise: "
                'SET="data.example=line"'
            )
        changes = [
            (len(examples) - len(present), f"blank {self.example}", "left out"),
            (len(present) - len(chosen), f"equal {self.example}", "counted once"),
        ]
        parts = self._split(chosen)
        if vocabulary is None:
            learned = [chosen[i] for i in parts.indices["train"]]
            vocabulary = Vocabulary(learn_tokens(learned, self.pieces, self.min_count))
        encoded = [vocabulary.classes_of(text) for text in chosen]
        rows, parts, longer = self._fitting(name, encoded, parts)
        changes.append(longer)
        told = ", ".join(f"{counted(count, of)} {what}" for count, of, what in changes if count)
        splits, further = self._splits(name, rows, parts, vocabulary)
        longest = max(len(row) for row in rows if row is not None)
        kinds = counted(len(vocabulary.tokens), "token" if self.pieces else "character")
        sizes = f"{kinds}, an end and an unknown one; the longest {self.example} has {longest}"
        return Data(
            name,
            splits["train"],
            splits["validation"],
            splits["test"],
            domain=CATEGORICAL,
            notes=tuple(note for note in (told, sizes, f"split {parts.rule}", *further, *notes) if note),
            format=Texts(vocabulary.tokens, self.max_length + 1, self.example),
            rule=parts.rule,
        )

    def _split(self, texts: list[str]) -> Parts:
        if self.split_by == "content":
            return by_content(digests(np.frombuffer(text.encode(), np.uint8) for text in texts))
        tested = max(1, round(TEST * len(texts)))
        before = np.arange(len(texts) - tested)
        validates = before % min(EACH, len(before)) == min(EACH, len(before)) - 1
        index = {"train": before[~validates], "validation": before[validates]}
        last = counted(tested, self.example) if tested > 1 else self.example
        return Parts(
            index | {"test": np.arange(len(before), len(texts))},
            f"in order: the last {last} for the test split, and every {EACH}th before that validates",
        )

    def _fitting(
        self, name: str, rows: list[list[int]], parts: Parts
    ) -> tuple[list[list[int] | None], Parts, tuple[int, str, str]]:
        """The classes of the examples that are short enough, their splits, and what was done with others."""
        long = {number for number, row in enumerate(rows) if len(row) > self.max_length}
        most = counted(self.max_length, "piece" if self.pieces else "character")
        if self.longer == "refuse" and long:
            longest = max(map(len, rows))
            raise InputError(
                f"expected {self.example}s of at most {most} in {name}, received "
                f"{counted(len(long), 'longer one')}, up to {longest}; raise the limit, leave such ones out "
                f'or cut them: SET="data.max_length={longest}", SET="data.longer=leave_out" or '
                'SET="data.longer=cut"'
            )
        if self.longer == "cut":
            return (
                [row[: self.max_length] for row in rows],
                parts,
                (len(long), self.example, f"cut after {most}"),
            )
        index = {
            part: np.array([i for i in each if i not in long], int) for part, each in parts.indices.items()
        }
        empty = [part for part, each in index.items() if not len(each)]
        if empty:
            raise InputError(
                f"expected {self.example}s of at most {most} in {name} to train, validate "
                f"and test on, received {len(rows) - len(long):,} of {len(rows):,}, none for {empty[0]}; "
                'raise the limit or cut them: SET="data.max_length=..." or SET="data.longer=cut"'
            )
        left = [None if number in long else row for number, row in enumerate(rows)]
        what = f"of more than {most} left out (data.max_length, data.longer)"
        return left, Parts(index, parts.rule), (len(long), self.example, what)

    def _splits(
        self, name: str, rows: list[list[int] | None], parts: Parts, vocabulary: Vocabulary
    ) -> tuple[dict[str, Split], list[str]]:
        """One-hot splits, and notes on what training does not know or knows already."""
        size = sum(row is not None for row in rows) * (self.max_length + 1) * vocabulary.classes
        if size > LARGEST:
            raise InputError(
                f"{name} takes {size / 2**30:.1f} GiB one-hot, at most {LARGEST / 2**30:.0f} are held in "
                "memory; take less text, shorter examples or fewer pieces: data.max_length, data.pieces"
            )
        splits: dict[str, Split] = {}
        notes: list[str] = []
        learned = {tuple(rows[i] or ()) for i in parts.indices["train"]}
        for part, index in parts.indices.items():
            own = [rows[i] or [] for i in index]
            splits[part] = Split(_one_hot(own, self.max_length + 1, vocabulary.classes))
            if part == "train":
                continue
            unknown = sum(row.count(UNKNOWN) for row in own)
            if unknown:
                notes.append(f"unknown in the {part} split: {counted(unknown, 'character')}")
            same = sum(tuple(row) in learned for row in own)
            if same:
                advice = '; count equal ones once: SET="data.distinct=true"'
                much = same > MANY_DUPLICATES * len(own) and not self.distinct
                notes.append(
                    f"also among the training examples: {same:,} of {counted(len(own), f'{part} example')}"
                    + (advice if much else "")
                )
        return splits, notes


def _one_hot(rows: list[list[int]], length: int, classes: int) -> np.ndarray:
    """Rows of classes as bool (n, length, classes): each with an end, and zeros after it."""
    examples = np.zeros((len(rows), length, classes), bool)
    for example, row in zip(examples, rows, strict=True):
        example[np.arange(len(row)), row] = True
        example[len(row), 0] = True
    return examples


def _sentences(count: int) -> Iterator[str]:
    """Sentences of a few words each, all different."""
    people, verbs, things = (
        ("the cook", "a sailor", "my sister", "the old king", "nobody"),
        ("sells", "paints", "finds", "wants", "hides", "carries"),
        ("the boat", "two apples", "a letter", "green paint", "the last word", "gold"),
    )
    for number in range(count):
        person, verb = people[number % 5], verbs[number // 5 % 6]
        yield f"{person} {verb} {things[number // 30 % 6]}{'.' if number % 2 else '!'}"

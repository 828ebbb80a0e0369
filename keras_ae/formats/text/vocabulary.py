"""The classes of texts: an end, unknown characters, and tokens, which are characters or pieces of words.

Pieces are learned by merging the commonest pair again and again (byte-pair encoding, Sennrich et al. 2016,
arXiv:1508.07909), and a text is read as the longest pieces from its beginning on, which a served graph can do
as well as Python.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import pairwise

import numpy as np

__all__ = ["END", "FIRST", "UNKNOWN", "Vocabulary", "learn_tokens"]

END, UNKNOWN, FIRST = 0, 1, 2
"""Classes: the end of a text, a character that the vocabulary lacks, and the first token."""

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
"""What an unknown character is written as."""


class Vocabulary:
    """Tokens, the classes of texts.

    Args:
        tokens: The tokens in the order of their classes, from `FIRST` on; all single characters of longer
            tokens are among them.
    """

    def __init__(self, tokens: Sequence[str]):
        self.tokens = tuple(tokens)

    @property
    def classes(self) -> int:
        """The number of classes."""
        return FIRST + len(self.tokens)

    @cached_property
    def longest(self) -> int:
        """The number of characters of the longest token."""
        return max(map(len, self.tokens), default=1)

    @cached_property
    def _class_of(self) -> dict[str, int]:
        return {token: FIRST + index for index, token in enumerate(self.tokens)}

    def classes_of(self, text: str) -> list[int]:
        """The classes of a text without its end.

        Args:
            text: The text.

        Returns:
            A class for each of the longest tokens from the beginning on; `UNKNOWN` for a character that is
            in none.
        """
        if self.longest == 1:
            return [self._class_of.get(character, UNKNOWN) for character in text]
        classes, start = [], 0
        while start < len(text):
            for end in range(min(start + self.longest, len(text)), start, -1):
                if text[start:end] in self._class_of:
                    break
            classes.append(self._class_of.get(text[start:end], UNKNOWN))
            start = end
        return classes

    def encode(self, texts: Iterable[str], length: int) -> np.ndarray:
        """Texts as classes.

        Args:
            texts: The texts.
            length: Positions of an example, at least one more than the longest text has tokens.

        Returns:
            (n, length), int64: the tokens, an end, and -1 at positions that do not exist.
        """
        rows = [self.classes_of(text) for text in texts]
        examples = np.full((len(rows), length), -1, np.int64)
        for example, row in zip(examples, rows, strict=True):
            example[: len(row)], example[len(row)] = row, END
        return examples

    def decode(self, examples: np.ndarray) -> list[str]:
        """Classes as texts.

        Args:
            examples: (n, length), whole numbers.

        Returns:
            The texts up to their ends.
        """
        words = ("", REPLACEMENT, *self.tokens)
        texts = []
        for row in np.asarray(examples).tolist():
            end = row.index(END) if END in row else len(row)
            texts.append("".join(words[number] for number in row[:end] if number > 0))
        return texts


def learn_tokens(texts: Sequence[str], pieces: int = 0, min_count: int = 1) -> tuple[str, ...]:
    """The tokens of texts: their characters, the commonest first, and pieces of words.

    Args:
        texts: The texts.
        pieces: Pieces of two or more characters to learn, at most; none reaches over a space.
        min_count: How often a character must occur; rarer ones are unknown.

    Returns:
        The tokens.
    """
    counts = Counter(character for text in texts for character in text)
    common = sorted((c for c in counts if counts[c] >= min_count), key=lambda c: (-counts[c], c))
    return (*common, *_merged(texts, frozenset(common), pieces)) if pieces else tuple(common)


def _merged(texts: Sequence[str], characters: frozenset[str], pieces: int) -> list[str]:
    """Pieces by merging the commonest pair of neighbors again and again; a word has its space before it."""
    words = Counter(word for text in texts for word in text.replace(" ", "\n ").split("\n") if len(word) > 1)
    split = {word: list(word) for word in words}
    counts: Counter[tuple[str, str]] = Counter()
    users: dict[tuple[str, str], set[str]] = {}
    for word, parts in split.items():
        for pair in pairwise(parts):
            counts[pair] += words[word]
            users.setdefault(pair, set()).add(word)
    learned: list[str] = []
    while counts and len(learned) < pieces:
        pair = max(counts, key=lambda pair: (counts[pair], pair))
        if counts[pair] < 2:
            break
        piece = "".join(pair)
        if characters.issuperset(piece) and piece not in learned:
            learned.append(piece)
        for word in users.pop(pair):
            parts, merged = split[word], _merge(split[word], pair)
            for old in pairwise(parts):
                counts[old] -= words[word]
            for new in pairwise(merged):
                counts[new] += words[word]
                users.setdefault(new, set()).add(word)
            split[word] = merged
        del counts[pair]
    return learned


def _merge(parts: list[str], pair: tuple[str, str]) -> list[str]:
    merged: list[str] = []
    for part in parts:
        if merged and (merged[-1], part) == pair:
            merged[-1] += part
        else:
            merged.append(part)
    return merged

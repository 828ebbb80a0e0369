"""N-grams of classes up to an end: the likelihood of texts by the last few tokens, and samples by it.

Interpolated as Witten and Bell have it (1991, doi:10.1109/18.87000): a context counts as much as it was seen,
and its shorter context as much as different tokens followed it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from keras_ae.formats.text.vocabulary import END

__all__ = ["NGrams"]


@dataclass(frozen=True, eq=False)
class NGrams:
    """Counts of the n-grams of training examples.

    Attributes:
        train: (n, length), classes up to an end, -1 after it.
        classes: Number of classes.
        order: Tokens of the longest n-gram, at least 1.
    """

    train: np.ndarray
    classes: int
    order: int = 5
    tables: list[tuple[np.ndarray, ...]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for context, tokens in self._contexts(self.train):
            keys, counts = np.unique(context * self.classes + tokens, return_counts=True)
            contexts, first = np.unique(keys // self.classes, return_index=True)
            totals = np.add.reduceat(counts, first)
            kinds = np.diff(np.append(first, len(keys)))
            self.tables.append((keys, counts, contexts, totals, kinds))

    def _contexts(self, examples: np.ndarray):
        """For each order, the number of each token's context, and the tokens, (tokens,) each."""
        exist = examples >= 0
        tokens = examples[exist].astype(np.int64)
        base = self.classes + 1  # the last one stands before a text
        padded = np.pad(examples, ((0, 0), (self.order, 0)), constant_values=self.classes).astype(np.int64)
        context = np.zeros(len(tokens), np.int64)
        for back in range(self.order):
            if back:
                start = self.order - back
                before = padded[:, start : start + examples.shape[1]][exist]
                context = context + before * base ** (back - 1)
            yield context, tokens

    def probabilities(self, examples: np.ndarray) -> np.ndarray:
        """The probability of each token of examples.

        Args:
            examples: (n, length), classes up to an end, -1 after it.

        Returns:
            (tokens,), of all examples one after another.
        """
        result = np.full(int((examples >= 0).sum()), 1.0 / self.classes)
        for (context, tokens), table in zip(self._contexts(examples), self.tables, strict=True):
            count, total, kinds = self._looked_up(table, context, tokens)
            result = np.where(total > 0, (count + kinds * result) / np.maximum(total + kinds, 1), result)
        return result

    def _looked_up(self, table, context, tokens):
        """How often each token followed its context, how often that occurred, and before how many tokens."""
        keys, counts, contexts, totals, kinds = table
        key = context * self.classes + tokens
        where = np.minimum(np.searchsorted(keys, key), len(keys) - 1)
        count = np.where(keys[where] == key, counts[where], 0)
        at = np.minimum(np.searchsorted(contexts, context), len(contexts) - 1)
        seen = contexts[at] == context
        return count, np.where(seen, totals[at], 0), np.where(seen, kinds[at], 0)

    def nats(self, examples: np.ndarray) -> float:
        """The mean negative log-likelihood of examples.

        Args:
            examples: (n, length), classes up to an end, -1 after it.

        Returns:
            Nats per example.
        """
        return float(-np.log(self.probabilities(examples)).sum() / len(examples))

    def sample(self, count: int, seed: int) -> np.ndarray:
        """Samples examples.

        Args:
            count: How many.
            seed: Random seed.

        Returns:
            (count, length), classes up to an end, -1 after it.
        """
        random, length = np.random.default_rng(seed), self.train.shape[1]
        samples = np.full((count, length), -1, np.int64)
        tokens = np.arange(self.classes)
        running = np.arange(count)
        for position in range(length):
            tried = np.repeat(samples[running, : position + 1], self.classes, axis=0)
            tried[:, position] = np.tile(tokens, len(running))
            likely = self._last(tried).reshape(len(running), -1).cumsum(axis=1)
            chosen = (likely < random.random((len(running), 1)) * likely[:, -1:]).sum(axis=1)
            if position == length - 1:
                chosen[:] = END
            samples[running, position] = chosen
            running = running[chosen != END]
            if not len(running):
                break
        return samples

    def _last(self, examples: np.ndarray) -> np.ndarray:
        """The probability of the last token of each example, (n,)."""
        few = examples[:, -self.order :]
        if examples.shape[1] > self.order:
            before = few[:, :-1]
        else:
            before = np.pad(
                few[:, :-1], ((0, 0), (self.order - few.shape[1], 0)), constant_values=self.classes
            )
        tokens, base = few[:, -1], self.classes + 1
        result = np.full(len(few), 1.0 / self.classes)
        context = np.zeros(len(few), np.int64)
        for back, table in enumerate(self.tables):
            if back:
                context = context + before[:, -back] * base ** (back - 1)
            count, total, kinds = self._looked_up(table, context, tokens)
            result = np.where(total > 0, (count + kinds * result) / np.maximum(total + kinds, 1), result)
        return result

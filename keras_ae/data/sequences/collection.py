"""Sequences as examples: those that are too long left out, padded, standardized, split, and told in notes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from keras_ae.counts import counted
from keras_ae.data.dataset import Dataset
from keras_ae.data.examples import LARGEST, Split
from keras_ae.data.precision import precision_of
from keras_ae.data.scaling import Scaler
from keras_ae.data.split_rules import by_content
from keras_ae.data.splits import Parts, digests
from keras_ae.data.tables.labels import NORMAL_WORDS
from keras_ae.data.types import Data
from keras_ae.domains import SEQUENCE
from keras_ae.errors import InputError, check_choices, check_least
from keras_ae.formats.sequences import Sequences

__all__ = ["LONGEST", "OneSequence", "SequenceDataset", "SequencesRead"]

LONGER = ("leave_out", "cut", "refuse")
"""What may become of sequences that are too long."""

LONGEST = 2000
"""Steps of a sequence, at most, where the data set does not say."""


@dataclass(frozen=True, eq=False)
class OneSequence:
    """A sequence.

    Attributes:
        name: Its name, such as the entry of the column that parts sequences.
        values: (steps, channels), finite.
        label: The name of its class; "" for none.
        tested: Whether it belongs to a test split that the data come with.
    """

    name: str
    values: np.ndarray
    label: str = ""
    tested: bool = False


@dataclass(frozen=True, eq=False)
class SequencesRead:
    """Sequences as they were read.

    Attributes:
        name: Of the data.
        sequences: The sequences, all of the same channels.
        format: How they are rendered and written; its length does not count.
        notes: How they were read, for the user.
        left_out: What was left out or filled in, for the user.
    """

    name: str
    sequences: Sequence[OneSequence]
    format: Sequences
    notes: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class SequenceDataset(Dataset):
    """Whole sequences of real values, each an example that ends where it ends.

    All are padded to one length; no loss, metric or code depends on what follows an end.

    Attributes:
        max_length: Steps of an example at most; 0 for those of the longest, up to 2,000.
        longer: What becomes of longer ones: "leave_out", "cut" or "refuse".
        advice_for_few: What helps where there are too few sequences.
    """

    category: ClassVar[str] = "sequences"
    carried_over: ClassVar[tuple[str, ...]] = ("longer",)
    advice_for_few: ClassVar[str] = "add others"
    max_length: int = 0
    longer: str = "leave_out"

    def __post_init__(self) -> None:
        check_least(self, max_length=0)
        check_choices(self, longer=LONGER)

    def sequences(self) -> SequencesRead:
        """Reads the sequences.

        Returns:
            The sequences.

        Raises:
            InputError: If they cannot be read.
        """
        raise NotImplementedError

    def load(self) -> Data:
        """Reads the sequences and splits them.

        Raises:
            InputError: If they cannot be read, are too few or too large.
        """
        return self._data(self.sequences())

    def load_like(self, scaler: Scaler) -> Data:
        """Reads the sequences for a trained model, whose channels and length they get."""
        if not isinstance(scaler.format, Sequences):
            return self.load()
        like = replace(self, max_length=scaler.format.length)
        return like._data(of_channels(like.sequences(), scaler.format.names), scaler.format.length)

    def _data(self, read: SequencesRead, length: int = 0) -> Data:
        fitting, longer = self._fitting(read)
        different = len({one.values.tobytes() for one in fitting})
        if different < 3:
            raise InputError(
                f"expected at least 3 different sequences in {read.name}, one each to train, validate and "
                f"test on; received {different}; {self.advice_for_few}"
            )
        sizes = [len(one.values) for one in fitting]
        length = length or max(sizes)
        channels = len(read.format.names)
        if (size := 4 * len(fitting) * length * (channels + 1)) > LARGEST:
            raise InputError(
                f"{read.name} takes {size / 2**30:.1f} GiB padded to {length:,} steps, at most "
                f'{LARGEST / 2**30:.0f} are held in memory; take shorter ones: SET="data.max_length=..."'
            )
        format = replace(read.format, length=length)
        parts = _split(fitting)
        values = np.stack([format.whole(one.values) for one in fitting])
        offset, scale, told = _scaling(
            read, np.concatenate([fitting[i].values for i in parts.indices["train"]])
        )
        examples = Scaler(SEQUENCE, offset, scale).transform(values, 0)
        labels, names = _labels(fitting)
        splits: dict[str, Any] = {
            part: Split(examples[index], None if labels is None else labels[index])
            for part, index in parts.indices.items()
        }
        note = (
            f"{counted(len(fitting), 'sequence')} of {min(sizes)} to {max(sizes)} steps (median "
            f"{np.median(sizes):g}) of {', '.join(format.names)}"
        )
        return Data(
            read.name, **splits, domain=SEQUENCE, label_names=names, offset=offset, scale=scale,
            notes=tuple(filter(None, (*read.notes, *read.left_out, note, longer, *told))),
            learned=format.names, format=format, rule=parts.rule,
        )  # fmt: skip

    def _fitting(self, read: SequencesRead) -> tuple[list[OneSequence], str]:
        """The sequences that are short enough, and a note on the others."""
        most = self.max_length or LONGEST
        long = [one for one in read.sequences if len(one.values) > most]
        if not long:
            return list(read.sequences), ""
        longest = max(len(one.values) for one in long)
        count = counted(len(long), "sequence")
        if self.longer == "refuse":
            raise InputError(
                f"expected sequences of at most {most:,} steps in {read.name}, received {count} of more, up "
                f"to {longest:,}; raise the limit, leave them out or cut them: "
                f'SET="data.max_length={longest}", '
                'SET="data.longer=leave_out" or SET="data.longer=cut"'
            )
        if self.longer == "cut":
            cut = [replace(one, values=one.values[:most]) for one in read.sequences]
            return cut, f"{count} cut after {most:,} steps, of up to {longest:,}"
        fitting = [one for one in read.sequences if len(one.values) <= most]
        if not fitting:
            raise InputError(
                f"expected sequences of at most {most:,} steps in {read.name}, received none; raise the "
                f'limit or cut them: SET="data.max_length={longest}" or SET="data.longer=cut"'
            )
        return fitting, f"{count} of more than {most:,} steps left out (data.max_length, data.longer)"


def of_channels(read: SequencesRead, names: tuple[str, ...]) -> SequencesRead:
    """Sequences of the channels that a model was trained on.

    Args:
        read: The sequences.
        names: The model's channels.

    Returns:
        The sequences, their channels in that order.

    Raises:
        InputError: If one is missing.
    """
    own = read.format.names
    if own == names:
        return read
    lacking = [name for name in names if name not in own]
    if lacking and len(own) != len(names):
        raise InputError(
            f"expected the channels {', '.join(names)} in {read.name}, as the model was trained on; it has "
            f"{', '.join(own)}; call its columns so"
        )
    index = range(len(names)) if lacking else [own.index(name) for name in names]
    told = f"{', '.join(own)} taken as {', '.join(names)}" if lacking else ""
    return replace(
        read,
        sequences=[replace(one, values=one.values[:, index]) for one in read.sequences],
        format=replace(read.format, names=names),
        notes=(*read.notes, *([told] if told else [])),
    )


def _split(sequences: Sequence[OneSequence]) -> Parts:
    """Splits by content, around a test split that the data come with."""
    tested = np.array([one.tested for one in sequences])
    if tested.all() or not tested.any():
        return by_content(digests(np.ravel(one.values) for one in sequences))
    others = np.flatnonzero(~tested)
    rest = by_content(digests(np.ravel(sequences[i].values) for i in others.tolist()), test=0)
    index = {part: others[chosen] for part, chosen in rest.indices.items()}
    return Parts(index | {"test": np.flatnonzero(tested)}, f"as published; the others {rest.rule}")


def _scaling(read: SequencesRead, known: np.ndarray) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """The offset and the scale of each channel of all training steps (n, channels), and notes."""
    each = {
        name: precision_of(column, "leave those sequences out")
        for name, column in zip(read.format.names, known.T, strict=True)
    }
    faults = [f"{name} {one.fault}" for name, one in each.items() if one.fault]
    still = [one.constant for one in each.values()]
    if faults or all(still):
        raise InputError(
            f"{read.name} has channels that a model would not see: "
            f'{"; ".join(faults) or ", ".join(each) + " never change"}; choose others: SET="data.values=..."'
        )
    scale = np.where(still, 1.0, known.std(axis=0, dtype=np.float64)).astype(np.float32)
    notes = tuple(f"{name} {one.note}" for name, one in each.items() if one.note)
    return known.mean(axis=0, dtype=np.float64).astype(np.float32), scale, notes


def _labels(sequences: Sequence[OneSequence]) -> tuple[np.ndarray | None, tuple[str, ...]]:
    """The class of each sequence, and the classes' names, normal ones first; none of fewer than 2."""
    found = {one.label for one in sequences}
    if len(found) < 2 or "" in found:
        return None, ()
    numeric = all(name.lstrip("-").isdigit() for name in found)
    order = sorted(found, key=int) if numeric else sorted(found)
    names = sorted(order, key=lambda name: name.lower() not in NORMAL_WORDS)
    return np.array([names.index(one.label) for one in sequences]), tuple(names)

"""Where examples come from: the base class of data sets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Self

from keras_ae.data.types import Data

__all__ = ["Dataset", "Sample"]


class Dataset:
    """A frozen dataclass that says where examples come from.

    A subclass overrides what it has; `load` and `sample` it must have. Those below `keras_ae.data` are
    found by listing the folder: `name`, or `accepts` and `priority`, say what text stands for one.

    Attributes:
        name: What stands for the data set on a command line, such as "mnist"; "" for one of a file or a
            folder.
        category: What the examples are, such as "photographs" or "series"; a path is read as the category
            of the recipe's own data, where a kind of that category accepts it.
        holds: What a folder of this kind holds, for the message about one that does not; "" for a kind that
            is not read from folders of its own.
        priority: Where a kind stands among those of its category that are tried on a path, the lowest
            first; each has its own. 0 for a kind that no path stands for.
        held_out: Whether the data set is a published test set, to evaluate on and never to train on.
        carried_over: Fields whose values are carried over to the data set that takes the place of this one,
            where that one carries them over too.
    """

    name: ClassVar[str] = ""
    category: ClassVar[str] = ""
    holds: ClassVar[str] = ""
    priority: ClassVar[int] = 0
    held_out: ClassVar[bool] = False
    carried_over: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def accepts(cls, text: str) -> Dataset | None:
        """The data set that a command line's text stands for.

        Args:
            text: A name or a path.

        Returns:
            The data set; None if the text stands for another kind.
        """
        return cls() if cls.name and text == cls.name else None

    def load(self) -> Data:
        """The data itself; downloads it, once, into the Keras cache where it is a published set.

        Returns:
            The splits, in memory or ready to be read.

        Raises:
            InputError: For a file or folder that cannot be read as this kind of data.
        """
        raise NotImplementedError

    def sample(self) -> Data:
        """A few examples of the same schema without a download, for tests and demonstrations."""
        raise NotImplementedError

    def around(self, dataset: Dataset) -> Dataset:
        """The data set to use where another one takes the place of this one.

        Args:
            dataset: The other one.

        Returns:
            The other one; from a wrapper, such as one that makes one class the normal one, the same wrapper
            around it.
        """
        return dataset

    def replacing(self, other: Dataset | None) -> Self:
        """This data set with the fields that are carried over from the one whose place it takes.

        Args:
            other: That one; None if there is none.

        Returns:
            A copy with those fields.
        """
        shared = [name for name in self.carried_over if other is not None and name in other.carried_over]
        return replace(self, **{name: getattr(other, name) for name in shared})  # type: ignore[type-var]

    @property
    def from_path(self) -> bool:
        """Whether the data set is a file or a folder of the user's own."""
        return self.priority > 0

    @property
    def time_column(self) -> str:
        """The column of a file that the user named as its times; "" for none."""
        return ""

    @property
    def label_column(self) -> str:
        """The column of a file that the user named as its labels; "" for none."""
        return ""


@dataclass(frozen=True)
class Sample(Dataset):
    """A data set's own sample in place of the whole: no download, over in seconds.

    Attributes:
        of: The data set.
    """

    of: Dataset

    def load(self) -> Data:
        """The sample."""
        return self.of.sample()

    def sample(self) -> Data:
        """The same sample."""
        return self.of.sample()

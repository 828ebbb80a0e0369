"""The base class of data sets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, NamedTuple, Self

import numpy as np

from keras_ae.checked import Checked
from keras_ae.data.scaling import Scaler
from keras_ae.data.split_rules import by_content
from keras_ae.data.splits import Parts
from keras_ae.data.tables.writing import UNKNOWN, Writing
from keras_ae.data.types import Data
from keras_ae.formats import Format

if TYPE_CHECKING:
    from keras_ae.data.tables.columns import Table

__all__ = ["Dataset", "Sample", "SeveralExamples"]


class SeveralExamples(NamedTuple):
    """The examples in a file that holds several.

    Attributes:
        names: Their names.
        examples: (n, ...), in original units.
        notes: What was left out of the file, for the user.
    """

    names: list[str]
    examples: np.ndarray
    notes: tuple[str, ...] = ()


class Dataset(metaclass=Checked):
    """Base class of data sets, which are frozen dataclasses.

    Subclasses must implement `load` and `sample` and may override the rest. Data sets in `keras_ae.data` are
    found by listing the folder; `name`, or `accepts` and `priority`, define which text on a command line
    selects one.

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
        wraps: The field that holds another data set, whose fields are set as if they were this one's own; ""
            for a data set that wraps none.
    """

    name: ClassVar[str] = ""
    category: ClassVar[str] = ""
    holds: ClassVar[str] = ""
    priority: ClassVar[int] = 0
    held_out: ClassVar[bool] = False
    carried_over: ClassVar[tuple[str, ...]] = ()
    wraps: ClassVar[str] = ""

    @classmethod
    def accepts(cls, text: str) -> Dataset | None:
        """Parses the text of a command line.

        Args:
            text: A name or a path.

        Returns:
            The data set; None if the text does not select this kind.
        """
        return cls() if cls.name and text == cls.name else None

    @classmethod
    def examples_like(cls, path: Path, format: Format) -> SeveralExamples | None:
        """The examples in a file that holds several, for a trained model.

        Args:
            path: The file.
            format: That of the examples which the model was trained on.

        Returns:
            The examples; None if this kind reads no such file, or no examples of that format.

        Raises:
            InputError: If the file cannot be read, or the model does not take an example of it.
        """
        return None

    def load(self) -> Data:
        """Loads the data; a published set is downloaded once, into the Keras cache.

        Returns:
            The splits, in memory or ready to be read.

        Raises:
            InputError: If the file or folder cannot be read as this kind of data.
        """
        raise NotImplementedError

    def outline(self, table: Table | None = None) -> Data:
        """What `load` gives, for a first look: without values of examples that take TensorFlow to compute.

        Args:
            table: What `table` gives, if it was read before.

        Returns:
            The same splits, labels and notes; the examples may be zeros, and there may be no preprocessor.

        Raises:
            InputError: As `load` does.
        """
        return self.load()

    def load_like(self, scaler: Scaler) -> Data:
        """Loads the data for a model that was trained on other data of the same kind.

        Args:
            scaler: The model's.

        Returns:
            The splits, their values read as those of the training data were; by default as `load` reads them.

        Raises:
            InputError: If the file or folder cannot be read as this kind of data.
        """
        return self.load()

    def table(self) -> Table | None:
        """The table that the examples are made from, as it stands in a file.

        Returns:
            The table; None if they are made from no file of rows.

        Raises:
            InputError: If the file cannot be read.
        """
        return None

    def parts_of(self, table: Table, content: list[bytes]) -> Parts:
        """How the rows of its table are split.

        Args:
            table: What `table` gives.
            content: The hash of each row's content.

        Returns:
            The splits, by default by content: three, one and one fifth.
        """
        return by_content(content, validation=0.2, test=0.2)

    def cells_of(self, column: str) -> tuple[str, ...]:
        """Some cells of its table, as the file has them.

        Args:
            column: The column's name.

        Returns:
            The first cells that hold something; none where the table is of no file.
        """
        return ()

    def weights_of(self, table: Table) -> np.ndarray | None:
        """What each row of the data set's table counts in the objective.

        Args:
            table: The table.

        Returns:
            (n,), float32; None for all alike.
        """
        return None

    @property
    def hidden_columns(self) -> tuple[str, ...]:
        """The columns of its table that are not learned, by the user's will."""
        return ()

    @property
    def path_name(self) -> str:
        """What the user's own file or folder is called; "data" for none."""
        return "data"

    def sample(self) -> Data:
        """A few examples of the same schema without a download, for tests and demonstrations.

        Returns:
            The examples in their splits.
        """
        raise NotImplementedError

    def around(self, dataset: Dataset) -> Dataset:
        """The data set to use if another one replaces this one.

        Args:
            dataset: The other one.

        Returns:
            The other one; from a wrapper, such as one that makes one class the normal one, the same wrapper
            around it.
        """
        return dataset

    def replacing(self, other: Dataset | None) -> Self:
        """This data set with the fields carried over from the one that it replaces.

        Args:
            other: The replaced data set, or None.

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
        """The time column set by the user, or ""."""
        return ""

    @property
    def label_column(self) -> str:
        """The label column set by the user, or ""."""
        return ""

    @property
    def left_out_columns(self) -> tuple[str, ...]:
        """The columns that the user leaves out of a series, such as one that is not its time."""
        return ()

    @property
    def writing(self) -> Writing:
        """How a file of rows is written, as far as the user says it."""
        return UNKNOWN


@dataclass(frozen=True)
class Sample(Dataset):
    """A data set's sample in place of the whole, which needs no download and only seconds.

    Attributes:
        of: The data set.
    """

    wraps: ClassVar[str] = "of"
    of: Dataset

    def load(self) -> Data:
        """The sample."""
        return self.of.sample()

    def sample(self) -> Data:
        """The same sample."""
        return self.of.sample()

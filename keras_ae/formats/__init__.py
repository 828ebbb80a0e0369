"""Formats: how each kind of example is read, rendered and written, one per file."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from keras_ae.checked import Checked
from keras_ae.domains import domain_of
from keras_ae.errors import InputError
from keras_ae.files import classes_below, files_below
from keras_ae.imaging.grid import is_image_shape

__all__ = ["Format", "SampleFunction", "files_of", "format_of", "formats", "from_json", "to_json"]

SampleFunction = Callable[[int, int], np.ndarray]
"""A deterministic function (count, seed) -> examples (count, ...)."""


class Format(metaclass=Checked):
    """Base class of formats: how examples of one kind are read, rendered and written.

    A subclass is a frozen dataclass of plain values, so that a run's folder stores it as JSON. It implements
    `read`, `render` and `write`, and overrides further methods that apply to its examples.

    Examples are in original units: whole numbers (n, ...) of classes in the categorical domain,
    without the axis of classes, -1 at positions that do not exist; otherwise float32 values (n, ...).
    """

    @property
    def suffixes(self) -> tuple[str, ...]:
        """Suffixes of files for `read`; `write` uses the first one."""
        raise NotImplementedError

    input_suffixes: ClassVar[tuple[str, ...]] = ()
    """Suffixes of files that `keras-ae predict` gives to heads by `read_input`."""

    def suffix_for(self, shape: tuple[int, ...]) -> str:
        """The suffix of the file that `write` makes.

        Args:
            shape: The shape of an example.

        Returns:
            By default the first of `suffixes`.
        """
        return self.suffixes[0]

    def own_files(self, shape: tuple[int, ...]) -> bool:
        """Whether a head is used by files that `read` takes, and not by arrays or by images as bytes.

        Args:
            shape: The shape of an example.

        Returns:
            True but for numbers, and for images that served heads decode.
        """
        return True

    @property
    def columns(self) -> int:
        """Rendered examples side by side with their reconstructions below, at most."""
        return 6

    @property
    def axis(self) -> int | None:
        """Axis of an example, without the batch's, along which it may have any length; None for one size."""
        return None

    @property
    def length_step(self) -> int:
        """Steps along `axis` in which lengths are counted, such as those of a bar."""
        return 1

    @property
    def length_name(self) -> str:
        """The plural name of that many steps, for users."""
        return "steps"

    @property
    def judges(self) -> bool:
        """Whether `validity` can be determined."""
        return False

    @property
    def repairs(self) -> bool:
        """Whether `repair` can make examples valid."""
        return False

    @property
    def has_sound(self) -> bool:
        """Whether `sound` can play examples."""
        return False

    @property
    def plays_examples(self) -> bool:
        """Whether TensorBoard plays the examples of each row of an image grid; they are sounds then."""
        return False

    @property
    def together(self) -> bool:
        """Whether examples are rows that stand together in one file, and are columns in original units."""
        return False

    @property
    def has_ends(self) -> bool:
        """Whether examples may end before their last position; the positions after it do not exist."""
        return False

    def ended(self, classes: Any, in_graph: bool = False) -> Any:
        """Examples without what a decoder gives for positions after their end.

        Args:
            classes: (n, ...), whole numbers of classes, a tensor in a graph, else an array.
            in_graph: Whether to use TensorFlow's ops alone.

        Returns:
            (n, ...), -1 at positions that do not exist.
        """
        return classes

    @property
    def served_name(self) -> str:
        """The name of examples as clients have them, such as "text"; "" where they have arrays alone."""
        return ""

    def from_clients(self, values: Any, in_graph: bool) -> tuple[Any, dict[str, Any]]:
        """Examples from the values of a request; implemented where `served_name` is set.

        Args:
            values: (n,), strings of bytes: a tensor in a graph, else an array.
            in_graph: Whether to use TensorFlow's ops alone.

        Returns:
            The examples (n, ...), and further outputs (n,) by name that say how they were read.

        Raises:
            InputError: For values that are no examples; a graph refuses the request.
        """
        raise NotImplementedError

    def for_clients(self, examples: Any, in_graph: bool) -> Any:
        """Examples as the values of an answer; implemented where `served_name` is set.

        Args:
            examples: (n, ...), a tensor in a graph, else an array.
            in_graph: Whether to use TensorFlow's ops alone.

        Returns:
            (n,), strings of bytes.
        """
        raise NotImplementedError

    def steps(self, examples: np.ndarray) -> float | None:
        """The mean number of steps of examples, by which a likelihood is divided.

        Args:
            examples: (n, ...).

        Returns:
            The mean; None for examples without steps.
        """
        return None if self.axis is None else float(examples.shape[1 + self.axis])

    def text(self, example: np.ndarray) -> str:
        """An example in words, which TensorBoard shows beside its image.

        Args:
            example: (...).

        Returns:
            The text; "" for examples that have none.
        """
        return ""

    def example_of(self, text: str) -> np.ndarray | None:
        """The example that a text of the command line is, in place of a file.

        Args:
            text: The text.

        Returns:
            The example, (...); None where examples are no texts.

        Raises:
            InputError: If it is longer than an example.
        """
        return None

    def read_all(self, path: Path) -> list[str]:
        """The examples in a file as clients have them; implemented where `served_name` is set.

        Args:
            path: The file.

        Returns:
            The examples.

        Raises:
            InputError: If the file cannot be read as examples.
        """
        raise NotImplementedError

    def check_all(self, examples: list[str], path: Path) -> None:
        """Checks examples that a head is to take; implemented where `served_name` is set.

        Args:
            examples: What `read_all` returned.
            path: The file that they are of.

        Raises:
            InputError: If the head does not take one.
        """

    def remark_on(self, outputs: Mapping[str, np.ndarray]) -> str:
        """What is to be said of the examples of a request.

        Args:
            outputs: The further outputs of `from_clients`, by name.

        Returns:
            A line; "" if there is nothing to say.
        """
        return ""

    def reconstruction_metrics(self) -> dict[str, Callable[[Any, Any], Any]]:
        """Metrics of reconstructions in addition to those of their domain.

        Returns:
            Functions (targets, outputs) -> (batch,) by name, of values as a model has them.
        """
        return {}

    def read(self, path: Path, shape: tuple[int, ...]) -> np.ndarray:
        """Reads an example from a file.

        Args:
            path: The file.
            shape: The shape of an example; along `axis` the file may hold more.

        Returns:
            The example.

        Raises:
            InputError: If the file does not contain such an example.
        """
        raise NotImplementedError

    def read_input(self, path: Path, shape: tuple[int | None, ...]) -> np.ndarray:
        """Reads a file of `input_suffixes` as an input of a head.

        Args:
            path: The file.
            shape: The shape of the head's input; None along an axis of any length.

        Returns:
            The input, of that shape.

        Raises:
            InputError: If the file cannot be read; the text is the reason alone.
        """
        raise NotImplementedError

    def note_on(self, path: Path, shape: tuple[int, ...] = ()) -> str:
        """What `read` leaves out of a file.

        Args:
            path: The file.
            shape: The shape of an example.

        Returns:
            A line for the user; empty if the file holds one example alone.
        """
        return ""

    def files_in(self, paths: Sequence[Path]) -> list[Path]:
        """The files that `read` takes, of files and folders that a user gives.

        Args:
            paths: Files and folders; of a folder all files below it that have one of the suffixes.

        Returns:
            The files in a fixed order, each of them once.

        Raises:
            InputError: If there is none in a folder.
        """
        found: list[Path] = []
        for path in paths:
            below = [path / name for name in files_below(path).names] if path.is_dir() else [path]
            own = [file for file in below if not path.is_dir() or file.suffix.lower() in self.suffixes]
            if not own:
                raise InputError(
                    f"expected files ({' '.join(self.suffixes)}) below {path}; found none; check the path"
                )
            found += own
        return list(dict.fromkeys(found))

    def animation(self, examples: Sequence[np.ndarray]) -> bytes:
        """Examples that move, side by side, as an animation for a browser.

        Args:
            examples: (...) each.

        Returns:
            The content of a GIF; empty for examples that do not move.
        """
        return b""

    def render(self, example: np.ndarray) -> np.ndarray:
        """Renders an example as an image.

        Args:
            example: The example, (...).

        Returns:
            An image (height, width, 1 or 3), uint8.
        """
        raise NotImplementedError

    def write(self, example: np.ndarray, stem: Path) -> list[Path]:
        """Writes an example to files.

        Args:
            example: The example, (...).
            stem: Path of the files without a suffix.

        Returns:
            The files written; `read` takes the first.
        """
        raise NotImplementedError

    @property
    def times(self) -> tuple[str, ...]:
        """The columns of times, where examples are rows."""
        return ()

    @property
    def condition(self) -> str:
        """The column that examples are generated for, where they are rows; "" for none."""
        return ""

    def write_all(self, examples: np.ndarray, path: Path) -> None:
        """Writes all examples to one file; implemented where `together` is true.

        Args:
            examples: (n, ...).
            path: The file.
        """
        raise NotImplementedError

    def matrix(self, columns: Mapping[str, Any]) -> np.ndarray:
        """Columns as examples; implemented where `together` is true.

        Args:
            columns: (n,) each, by name.

        Returns:
            (n, columns), in original units.
        """
        raise NotImplementedError

    def by_column(self, matrix: np.ndarray) -> dict[str, np.ndarray]:
        """Examples as columns; implemented where `together` is true.

        Args:
            matrix: (n, columns), in original units.

        Returns:
            (n,) each, by name.
        """
        raise NotImplementedError

    def keys(self, examples: np.ndarray) -> np.ndarray:
        """What tells examples apart by how they are written; implemented where `together` is true.

        Args:
            examples: (n, ...).

        Returns:
            (n,), uint64, equal for those that are written alike.
        """
        raise NotImplementedError

    def comparable(self, examples: np.ndarray) -> np.ndarray:
        """The part of examples that must agree where two windows are joined.

        Args:
            examples: (n, ...).

        Returns:
            (n, ...), as long along `axis` as the examples.
        """
        return examples

    def join(self, before: np.ndarray, window: np.ndarray, cut: int) -> np.ndarray:
        """Joins a window to the preceding steps.

        Args:
            before: (length, ...), with `axis` moved to the front.
            window: (size, ...), likewise.
            cut: Steps of the window to leave out at its beginning.

        Returns:
            (length + size - cut, ...).
        """
        return np.concatenate([before, window[cut:]])

    def validity(self, examples: np.ndarray) -> np.ndarray:
        """How valid examples are; implemented where `judges` is true.

        Args:
            examples: (n, ...).

        Returns:
            (n,) in [0, 1], 1 for fully valid examples.
        """
        raise NotImplementedError

    @property
    def unjudged_reason(self) -> str:
        """Why the validity of examples is unknown; empty if `judges` is true."""
        if self.judges:
            return ""
        return (
            f"nothing tells valid {type(self).__name__.lower()} from others; leave the choice of the best, "
            "and of valid ones alone, out"
        )

    def repair(self, example: np.ndarray) -> tuple[np.ndarray, bool]:
        """Makes an example valid with few changes.

        Args:
            example: (...).

        Returns:
            The changed example, and whether it is valid now.
        """
        return example, False

    def attributes(self, examples: np.ndarray) -> dict[str, np.ndarray]:
        """Detects attributes of examples.

        Args:
            examples: (n, ...).

        Returns:
            (n,) bool by the attribute's name.
        """
        return {}

    def sample_metrics(self, samples: np.ndarray, train: np.ndarray, test: np.ndarray) -> dict[str, float]:
        """Metrics of samples, compared with real examples.

        Args:
            samples: (n, ...).
            train: Training examples, (m, ...).
            test: Test examples, (k, ...).

        Returns:
            The metrics by name.
        """
        return {}

    def baselines(self, train: np.ndarray) -> dict[str, SampleFunction]:
        """Baseline generators without a network, fitted to training examples.

        Args:
            train: (n, ...).

        Returns:
            Functions (count, seed) -> examples, by name.
        """
        return {}

    def nll(self, train: np.ndarray, test: np.ndarray) -> dict[str, float]:
        """Negative log-likelihood of test examples under such baselines.

        Args:
            train: (n, ...), which the baselines are fitted to.
            test: (m, ...).

        Returns:
            Nats per example, by the baseline's name.
        """
        return {}

    def sound(self, example: np.ndarray) -> tuple[np.ndarray, int]:
        """An example as sound; implemented where `has_sound` is true.

        Args:
            example: (...).

        Returns:
            Samples (n,) float32 in [-1, 1], and the sampling rate.
        """
        raise NotImplementedError


def formats() -> dict[str, type[Format]]:
    """Every format that the modules of this folder define.

    Returns:
        The classes by their names.
    """
    return {kind.__name__: kind for kind in classes_below(sys.modules[__name__], Format, named=True)}


def format_of(own: Format | None, domain: str, shape: tuple[int, ...]) -> Format:
    """The format of a data set.

    Args:
        own: The data set's own format, or None.
        domain: The domain of its examples.
        shape: The shape of an example.

    Returns:
        Its own format, or else the one for its domain and shape.
    """
    if own is not None:
        return own
    pixels = domain_of(domain).unit_interval
    if pixels and len(shape) == 4:
        return formats()["Clips"]()
    return formats()["Images" if pixels and is_image_shape(shape) else "Numbers"]()


def files_of(data: Mapping[str, Any], shape: Sequence[int | None]) -> Format | None:
    """The format by whose files a head of other examples than images and arrays is used.

    Args:
        data: What the head's card says of its data.
        shape: Of one of its inputs.

    Returns:
        The format; None for images and for arrays, and where the card does not say.
    """
    own = from_json(json.dumps(data["format"])) if data.get("format") else None
    plain = tuple(side or 0 for side in shape)
    known = own or format_of(None, data.get("domain", "real"), plain)
    return known if known.own_files(plain) else None


def to_json(format: Format) -> str:
    """A format as text, which `from_json` reads.

    Args:
        format: A frozen dataclass of plain values.

    Returns:
        JSON of the class's name and its fields.
    """
    fields = dataclasses.asdict(format)  # type: ignore[call-overload]  # of a subclass, a dataclass
    return json.dumps({"kind": type(format).__name__, "fields": fields})


def from_json(text: str) -> Format:
    """The format that `to_json` wrote.

    Args:
        text: JSON of a class's name and its fields.

    Returns:
        The format.

    Raises:
        InputError: If the format or one of its fields does not exist.
    """
    try:
        read = json.loads(text)
        kind, fields = formats()[read["kind"]], read["fields"]
        if not isinstance(fields, dict):
            raise TypeError(f"expected fields by name, received {fields!r}")
        return kind(**{name: _tuple(value) for name, value in fields.items()})
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"expected the format of a run's examples, received {text[:80]!r}; train again"
        ) from error


def _tuple(value):
    return tuple(map(_tuple, value)) if isinstance(value, list) else value

"""The session of a generating verb: a run, a folder for files, and examples by their names."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path

import numpy as np

from keras_ae.apps.generation.generator import Generator
from keras_ae.apps.generation.inputs import InputExample, read_example
from keras_ae.apps.generation.request import check_file, check_new_folder
from keras_ae.apps.generation.sheet import Sheet
from keras_ae.apps.generation.walks import has_attribute
from keras_ae.data.scaling import in_original_units
from keras_ae.data.types import Data
from keras_ae.errors import InputError
from keras_ae.files import written_whole
from keras_ae.imaging.grid import save

__all__ = ["Session"]

MAX_CODES = 5000
"""Maximum number of codes of a split."""
FILE_LIST = ".made"
"""A hidden file with the names of the files that a verb wrote, which may be replaced on request."""


class Session:
    """A generator, the folder that its files go to, and the data that its run was trained on.

    Args:
        generator: The generator.
        folder: The folder to write to.
        load: Loads the data of the run when it is needed.
        label: A class by name or number that codes are decoded as, or None.
        force: Whether to replace files that were written there before.
        report: Takes each line of text for the user.
        file: The file to write to, in the place of a folder, where examples go together into one.

    Attributes:
        files: The files that were written.
    """

    def __init__(
        self,
        generator: Generator,
        folder: Path,
        load: Callable[[], Data],
        label: str | None = None,
        force: bool = False,
        report: Callable[[str], object] = print,
        file: Path | None = None,
    ):
        if file is not None and not generator.format.together:
            raise InputError(
                f"{type(generator.format).__name__} of this run are written into a folder, received "
                f"--output {file}; name a folder"
            )
        self.file = file
        self.generator, self.folder, self.load = generator, folder, load
        self.label = None if label is None else generator.label_index(label)
        self.force, self.report = force, report
        self.files: list[Path] = []
        self._names = ["sheet"]

    @cached_property
    def data(self) -> Data:
        """The data that the run was trained on, with its scaling."""
        return self.load().rescaled(self.generator.scaler)

    def check_folder(self) -> None:
        """Checks that files can be written.

        Raises:
            InputError: If the folder is a file, or holds files and `force` is false.
        """
        if self.file is None:
            check_new_folder(self.folder, self.force)
        else:
            check_file(self.file, self.force)

    def example(self, text: str, one_window: bool = False) -> InputExample:
        """The example that a text names, under a name that no other of the session has.

        Args:
            text: A file, `test:5` or `seed:3`.
            one_window: Whether only its first window is used, which is reported.

        Returns:
            The example.
        """
        example = read_example(text, self.generator, lambda: self.data, self.label)
        note = self.generator.format.note_on(Path(text)) if Path(text).is_file() else ""
        if note:
            self.report(note)
        shape, axis = self.generator.element_shape, self.generator.format.axis
        if one_window and axis is not None and example.example.shape[axis] > shape[axis]:
            self.report(f"of {text} the first {shape[axis]} of {example.example.shape[axis]} steps are taken")
        name, number = example.name, 1
        while name in self._names:
            number += 1
            name = f"{example.name}_{number}"
        self._names.append(name)
        return dataclasses.replace(example, name=name)

    def examples(self, split: str) -> np.ndarray:
        """The examples of a split; evenly spaced ones where all are on disk.

        Args:
            split: Its name.

        Returns:
            (n, ...), in original units.
        """
        return in_original_units(self.data.splits[split].in_memory(), self.generator.scaler)

    def codes(self, split: str) -> np.ndarray:
        """The codes of a split, of at most 5,000 examples.

        Args:
            split: Its name.

        Returns:
            (n, ...).
        """
        few = self.data.splits[split].thin(MAX_CODES).in_memory()
        return self.generator.encode(in_original_units(few, self.generator.scaler), few.labels)

    def attribute(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Which training examples have an attribute, of at most 5,000.

        Args:
            name: A label, or an attribute of the format.

        Returns:
            Whether each has it, (n,) bool, and their codes, (n, ...).
        """
        few = self.data.train.thin(MAX_CODES).in_memory()
        examples = in_original_units(few, self.generator.scaler)
        has = has_attribute(name, examples, few.labels, self.data, self.generator.format)
        return has, self.generator.encode(examples, few.labels)

    def write(
        self,
        examples: Mapping[str, np.ndarray],
        sheet: Sheet,
        arrays: Mapping[str, Mapping[str, np.ndarray]] | None = None,
        what: str = "",
    ) -> None:
        """Writes files of examples, and a sheet of them.

        Args:
            examples: The examples by name.
            sheet: How they are arranged on the sheet.
            arrays: Arrays by name, by the name of the .npz file they go to.
            what: What is written, in words; by default the number of examples.
        """
        self.check_folder()
        self.folder.mkdir(parents=True, exist_ok=True)
        self._remove_former()
        format, files = self.generator.format, [self.folder / "sheet.png"]
        for name, example in examples.items():
            files += format.write(example, self.folder / name)
        save(sheet.render(examples, format.render), files[0])
        for file, by_name in (arrays or {}).items():
            files.append(self.folder / file)
            np.savez(files[-1], **by_name)  # type: ignore[arg-type]  # NumPy's stub takes all for a flag
        (self.folder / FILE_LIST).write_text("\n".join(path.name for path in files), encoding="utf-8")
        self.files += files
        what = what or f"{len(examples)} example{'s' * (len(examples) > 1)}"
        self.report(f"{what} and sheet.png in {self.folder}")

    def write_rows(self, examples: np.ndarray) -> None:
        """Writes examples that go together into one file.

        Args:
            examples: (n, ...).
        """
        self.check_folder()
        format = self.generator.format
        file = self.file or self.folder / f"rows{format.suffixes[0]}"
        file.parent.mkdir(parents=True, exist_ok=True)
        if self.file is None:
            self._remove_former()
            (self.folder / FILE_LIST).write_text(file.name, encoding="utf-8")
        with written_whole(file) as (partial,):
            format.write_all(examples, partial)
        self.files.append(file)
        self.report(f"{len(examples):,} row{'s' * (len(examples) > 1)} in {file}")

    def _remove_former(self) -> None:
        """Removes files that a verb wrote here before, and no others."""
        former = self.folder / FILE_LIST
        names = former.read_text(encoding="utf-8").splitlines() if former.is_file() else []
        for name in names:
            if Path(name).name == name:
                (self.folder / name).unlink(missing_ok=True)

"""The door by which files of a kind become inputs of a head, for every verb that takes files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from keras_ae.formats.hooks.files import FileHooks
from keras_ae.formats.inputs import DEFAULT_SIGNATURE, ExamplesInFiles, HeadInputs

__all__ = ["InputHooks"]


class InputHooks(FileHooks):
    """The door by which files of a kind become inputs of a head: found, then read, a few at a time."""

    def signature(self, shape: tuple[int, ...]) -> str:
        """The signature of a head that takes what files hold.

        Args:
            shape: The shape of an example.

        Returns:
            Its name, by default that of arrays.
        """
        return DEFAULT_SIGNATURE

    def takes(self, head: HeadInputs) -> bool:
        """Whether files can be inputs of a head.

        Args:
            head: What the head takes.

        Returns:
            Whether they can: by default, whether it takes examples and nothing else.
        """
        return head.names == ["inputs"]

    def find(self, paths: Sequence[Path]) -> ExamplesInFiles:
        """Finds the examples in files and folders that a user gives; they are not read yet.

        Args:
            paths: Files and folders.

        Returns:
            The examples, by default each a file.

        Raises:
            InputError: If there is none in a folder.
        """
        return ExamplesInFiles(self.files_in(paths))

    def input_of(self, example: Any, head: HeadInputs) -> Any:
        """Reads an example as an input of a head that this format takes.

        Args:
            example: As `find` gives it.
            head: What the head takes.

        Returns:
            An array of the shape of a row of its input, or a string of bytes.

        Raises:
            InputError: If it cannot be read.
        """
        return example.values if self.holds_several else self.read_input(example, head.shape)

    def notes_on(self, examples: Sequence[Any], head: HeadInputs) -> tuple[str, ...]:
        """What reading examples leaves out.

        Args:
            examples: As `find` gives them, those that could be read.
            head: What the head takes.

        Returns:
            Lines for the user.
        """
        if self.holds_several:
            return ()
        notes = (self.note_on(file, tuple(side or 0 for side in head.shape)) for file in examples)
        return tuple(dict.fromkeys(filter(None, notes)))

    def remarks_on(self, examples: Sequence[Any], shape: Sequence[int]) -> tuple[str, ...]:
        """What makes examples unlike those that a head was trained on, before they are read.

        Args:
            examples: As `find` gives them.
            shape: The shape of an example of the training.

        Returns:
            Lines for the user.
        """
        return ()

    def compared(self, examples: Sequence[Any], inputs: Mapping[str, np.ndarray], head: HeadInputs) -> Any:
        """The values of examples that may be compared with those of the training.

        Args:
            examples: As `find` gives them.
            inputs: What was read of them.
            head: What the head takes.

        Returns:
            (n, ...), in original units; None where they cannot be compared.
        """
        return inputs.get("inputs")

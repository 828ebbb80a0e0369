"""Text that needs no download: the help topics of Python itself."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from typing import ClassVar

from keras_ae.data.dataset import Dataset
from keras_ae.data.text.collection import TextDataset

__all__ = ["PythonTopics"]


@dataclass(frozen=True)
class PythonTopics(TextDataset, Dataset):
    """The help topics of Python, `pydoc_data.topics`, line by line: English prose (PSF licence).

    Topics repeat parts of each other, so equal lines count once and are split by their content: a line's
    split does not depend on the version of Python, whose lines differ a little.

    Attributes:
        split_by: As in `TextDataset`, by content.
        distinct: As in `TextDataset`, set.
    """

    name: ClassVar[str] = "python_topics"
    split_by: str = "content"
    distinct: bool = True

    def texts(self) -> tuple[str, list[str], tuple[str, ...]]:
        """Reads the topics of the Python that runs, without the blanks at the beginnings of lines."""
        from pydoc_data.topics import topics

        lines = [line.strip() for name in sorted(topics) for line in topics[name].splitlines()]
        prose = [line for line in lines if sum(map(str.isalpha, line)) > len(line) / 2]
        left_out = len([line for line in lines if line]) - len(prose)
        version = f"pydoc_data.topics of Python {platform.python_version()}, PSF licence"
        return self.name, ["\n".join(prose)], (version, f"{left_out:,} lines of few letters left out")

"""The exceptions of the package; the command line prints each in one line."""

from __future__ import annotations

from pathlib import Path

__all__ = ["ExportError", "InputError", "TrainingInterrupted", "check_convolutions", "check_least"]


class InputError(ValueError):
    """An error of the input, which says in one line what was expected, what came and what to do next.

    The command line prints it without a traceback and exits with status 2; in Python it is a ValueError.
    """


class ExportError(RuntimeError):
    """An exported head does not give what its Keras model gives; the export was removed."""


class TrainingInterrupted(KeyboardInterrupt):
    """Training was interrupted; the run's folder holds every completed epoch and can be resumed.

    Attributes:
        directory: The run's folder.
        epochs: Completed epochs, those of stages among them.
        planned: Epochs of the whole training; None if it has stages.
    """

    def __init__(self, directory: Path, epochs: int, planned: int | None):
        planned_text = "" if planned is None else f" of {planned}"
        super().__init__(f"{epochs}{planned_text} epochs are kept in {directory}")
        self.directory, self.epochs, self.planned = directory, epochs, planned


def check_convolutions(filters: tuple[int, ...], kernel_size: int) -> None:
    """Checks the sizes of convolutions.

    Args:
        filters: Of the layers, at least one; each at least 1.
        kernel_size: Side of a kernel, odd and at least 1.

    Raises:
        ValueError: For other sizes.
    """
    if not filters or any(width < 1 for width in filters):
        raise ValueError(f"filters needs one or more widths of at least 1, received {filters}")
    if kernel_size < 1 or kernel_size % 2 == 0:
        raise ValueError(f"kernel_size must be odd and at least 1, received {kernel_size}")


def check_least(owner: object, **least: float) -> None:
    """Checks that fields are not below their least values.

    Args:
        owner: The object whose fields they are.
        **least: The least value of each field, by its name.

    Raises:
        ValueError: For a field that is below its least value, or not a number.
    """
    for name, low in least.items():
        if not getattr(owner, name) >= low:
            raise ValueError(f"{name} must be at least {low}, received {getattr(owner, name)}")

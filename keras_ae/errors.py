"""Exceptions that the command line tells in one line."""


class InputError(ValueError):
    """Says what was expected, what was received and what to do next, in one line.

    The command line prints it without a traceback and exits with status 2; a caller in Python
    may catch it as the ValueError that it is.
    """


class ExportError(RuntimeError):
    """An exported head does not give what its Keras model gives; nothing of the export was kept."""


def check_convolutions(filters: tuple[int, ...], kernel_size: int) -> None:
    """Raises ValueError for no widths or one below 1, and for a kernel's side that is even or below 1."""
    if not filters or any(width < 1 for width in filters):
        raise ValueError(f"filters needs one or more widths of at least 1, received {filters}")
    if kernel_size < 1 or kernel_size % 2 == 0:
        raise ValueError(f"kernel_size is odd and at least 1, received {kernel_size}")


def check_least(owner: object, **least: float) -> None:
    """Raises ValueError for a field of the owner that is below its least value, or not a number."""
    for name, low in least.items():
        if not getattr(owner, name) >= low:
            raise ValueError(f"{name} is at least {low}, received {getattr(owner, name)}")

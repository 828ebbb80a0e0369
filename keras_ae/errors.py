"""Exceptions that the command line tells in one line."""


class InputError(ValueError):
    """Says what was expected, what was received and what to do next, in one line.

    The command line prints it without a traceback and exits with status 2; a caller in Python
    may catch it as the ValueError that it is.
    """


class ExportError(RuntimeError):
    """An exported head does not give what its Keras model gives; nothing of the export was kept."""


def check_least(owner: object, **least: float) -> None:
    """Raises ValueError for a field of the owner that is below its least value, or not a number."""
    for name, low in least.items():
        if not getattr(owner, name) >= low:
            raise ValueError(f"{name} is at least {low}, received {getattr(owner, name)}")

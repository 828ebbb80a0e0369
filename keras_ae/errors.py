"""The one exception that means: what the user gave cannot be used, and here is what to do."""


class InputError(ValueError):
    """Says what was expected, what was received and what to do next, in one line.

    The command line prints it without a traceback and exits with status 2; a caller in Python
    may catch it as the ValueError that it is.
    """

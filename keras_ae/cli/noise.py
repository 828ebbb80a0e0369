"""A filter of standard error for the time in which TensorFlow is imported.

TensorFlow's libraries report, each as it is loaded, that oneDNN is on, and that logging is not set up yet;
TF_CPP_MIN_LOG_LEVEL and the settings of absl do not hold before that. The filter is a process of its own, so
that what TensorFlow writes before it aborts, as on a processor that it was not built for, is still seen.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["NOISE", "without_noise"]

NOISE = re.compile(
    rb"WARNING: All log messages before absl::InitializeLog\(\) is called are written to STDERR"
    rb"|I0000 .*\] oneDNN custom operations are on\."
)
"""The beginnings of the lines that are left out; all others are passed on."""


@contextmanager
def without_noise() -> Iterator[None]:
    """Passes what is written to standard error through the filter.

    Yields:
        Once, while the filter is there; it has written everything when the block ends.
    """
    sys.stderr.flush()
    with subprocess.Popen([sys.executable, "-I", "-S", __file__], stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        former = os.dup(2)
        os.dup2(process.stdin.fileno(), 2)
        process.stdin.close()
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(former, 2)
            os.close(former)


if __name__ == "__main__":
    for line in sys.stdin.buffer:
        if not NOISE.match(line):
            os.write(2, line)

"""Imports of TensorFlow and Keras without the packages that Keras imports only where they are installed.

`import keras` also imports matplotlib, pandas and scikit-learn where it finds them, for functions that plot,
for data frames given to `fit`, and for its wrappers. That is a third of the time of importing Keras with
TensorFlow and 110 MB of memory, and no verb uses any of the three through Keras.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["OPTIONAL", "without_optional"]

OPTIONAL = ("matplotlib", "pandas", "sklearn")
"""The packages."""


@contextmanager
def without_optional() -> Iterator[None]:
    """Lets imports of these packages fail as if they were not installed, unless they are imported already.

    Yields:
        Once, for the import of Keras; all later imports find them.
    """
    hidden = [name for name in OPTIONAL if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None makes an import fail
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]

"""What makes the import of TensorFlow and Keras fast: half of the time that most verbs take.

`import keras` also imports matplotlib, pandas and scikit-learn where it finds them, for functions that plot,
for data frames given to `fit`, and for its wrappers: a third of the time of importing Keras with TensorFlow,
and 110 MB of memory. No verb uses any of the three through Keras. A fifth more is the garbage collector's,
which looks again and again through modules that all stay.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["OPTIONAL", "without_collection", "without_optional"]

OPTIONAL = ("matplotlib", "pandas", "sklearn")
"""The packages that Keras can do without."""


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


@contextmanager
def without_collection() -> Iterator[None]:
    """Stops the garbage collector, and spares it what was created meanwhile.

    Yields:
        Once, for imports.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()

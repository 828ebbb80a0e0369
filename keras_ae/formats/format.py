"""The base class of formats."""

from __future__ import annotations

from keras_ae.checked import Checked
from keras_ae.formats.hooks.clients import ClientHooks
from keras_ae.formats.hooks.inputs import InputHooks
from keras_ae.formats.hooks.quality import QualityHooks
from keras_ae.formats.hooks.rows import RowHooks
from keras_ae.formats.hooks.views import ViewHooks

__all__ = ["Format"]


class Format(InputHooks, ClientHooks, ViewHooks, QualityHooks, RowHooks, metaclass=Checked):
    """Base class of formats: how examples of one kind are read, rendered and written.

    A subclass is a frozen dataclass of plain values, so that a run's folder stores it as JSON. It implements
    `read`, `render` and `write`, and overrides further methods that apply to its examples.

    Examples are in original units: whole numbers (n, ...) of classes in the categorical domain,
    without the axis of classes, -1 at positions that do not exist; otherwise float32 values (n, ...).
    """

"""Formats: how each kind of example is read, rendered and written, one per file."""

from keras_ae.formats.format import Format
from keras_ae.formats.hooks.quality import SampleFunction
from keras_ae.formats.listing import format_of, formats
from keras_ae.formats.stored import files_of, from_json, to_json

__all__ = ["Format", "SampleFunction", "files_of", "format_of", "formats", "from_json", "to_json"]

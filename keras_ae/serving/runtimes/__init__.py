"""Exported heads in other runtimes: converted from the SavedModel, checked on its answers, and timed."""

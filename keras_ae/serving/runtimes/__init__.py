"""Exported heads in other runtimes: converted, compared with the outputs of Keras, and timed."""

"""Autoencoders to train with one command, look at in TensorBoard, and serve from TF Serving."""

__version__ = "0.1.0"

__all__ = ["__version__"]

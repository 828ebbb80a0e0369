"""What several test files need: small recipes on small data."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import numpy as np
import pytest
import tensorflow as tf

from keras_ae.blocks.corruption import Gaussian
from keras_ae.blocks.dense import DenseBackbone
from keras_ae.data.arrays import ArrayFile
from keras_ae.data.dataset import Sample
from keras_ae.recipe import Recipe
from keras_ae.tasks.restoration import Denoising
from keras_ae.variants.undercomplete import Undercomplete

tf.config.experimental.enable_op_determinism()  # as train() does; Keras then leaves XLA's compiler out


@pytest.fixture
def tiny_recipe():
    """A denoiser of 12 x 12 blobs that trains in a second."""
    return Recipe(
        data=Sample(ArrayFile("unused.npy")),
        variant=Undercomplete(DenseBackbone((16,)), latent_dim=4),
        task=Denoising(Gaussian(0.2)),
        epochs=3,
        batch_size=8,
        name="tiny",
    )


@pytest.fixture
def random():
    return np.random.default_rng(0)

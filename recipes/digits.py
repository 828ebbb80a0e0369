"""Compress digits to 32 numbers and back with a dense autoencoder, beside PCA of the same size.

    make train RECIPE=digits

FIGURES
"""

from keras_ae.blocks.dense import DenseBackbone
from keras_ae.data.mnist import Mnist5k
from keras_ae.recipe import Recipe
from keras_ae.tasks.reconstruction import Reconstruction
from keras_ae.variants.undercomplete import Undercomplete

recipe = Recipe(
    data=Mnist5k(),
    variant=Undercomplete(DenseBackbone(units=(512, 256)), latent_dim=32),
    task=Reconstruction(),
    epochs=60,
    batch_size=128,
    warmup=100,
)

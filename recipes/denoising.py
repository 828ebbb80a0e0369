"""Denoise pictures with a convolutional autoencoder: corrupted digits in, clean digits out.

    make train RECIPE=denoising

FIGURES
"""

from keras_ae.blocks.conv2d import ConvBackbone
from keras_ae.blocks.corruption import Gaussian
from keras_ae.data.mnist import Mnist5k
from keras_ae.recipe import Recipe
from keras_ae.tasks.restoration import Denoising
from keras_ae.variants.undercomplete import Undercomplete

recipe = Recipe(
    data=Mnist5k(),
    variant=Undercomplete(ConvBackbone(filters=(24, 48)), latent_dim=64),
    task=Denoising(Gaussian(sigma=0.4)),
    epochs=32,
    batch_size=64,
    learning_rate=2e-3,
    warmup=100,
)

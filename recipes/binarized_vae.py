"""Estimate the density of binarised digits with a variational autoencoder, in nats.

make train RECIPE=binarized_vae
make train RECIPE=binarized_vae DATA=mnist
"""

from keras_ae.blocks.dense import DenseBackbone
from keras_ae.data.mnist import Mnist5k
from keras_ae.recipe import Recipe
from keras_ae.tasks.density import Density
from keras_ae.variants.variational import Variational

recipe = Recipe(
    data=Mnist5k(),
    variant=Variational(DenseBackbone(units=(400,), activation="gelu"), latent_dim=40),
    task=Density(binarized=True, samples=200),
    epochs=180,
    batch_size=128,
    learning_rate=4e-3,
    warmup=100,
)

"""Code digits so that the code hardly moves when the digit does: a contractive autoencoder.

make train RECIPE=contractive
make train RECIPE=contractive DATA=mnist
"""

from keras_ae.blocks.dense import DenseBackbone
from keras_ae.data.mnist import Mnist5k
from keras_ae.recipe import Recipe
from keras_ae.tasks.reconstruction import Reconstruction
from keras_ae.variants.contractive import Contractive

recipe = Recipe(
    data=Mnist5k(),
    variant=Contractive(DenseBackbone(units=()), latent_dim=128, weight=3e-4),
    task=Reconstruction(),
    epochs=60,
    batch_size=128,
    learning_rate=1e-2,
    warmup=100,
)

"""Draw digits of a wanted class with a conditional variational autoencoder.

make train RECIPE=conditional
make train RECIPE=conditional DATA=mnist
"""

from keras_ae.blocks.dense import DenseBackbone
from keras_ae.data.mnist import Mnist5k
from keras_ae.recipe import Recipe
from keras_ae.tasks.generation import Generation
from keras_ae.variants.conditional import Conditional

recipe = Recipe(
    data=Mnist5k(),
    variant=Conditional(DenseBackbone(units=(512, 256)), latent_dim=16),
    task=Generation(samples=1000),
    epochs=60,
    batch_size=128,
    warmup=100,
)

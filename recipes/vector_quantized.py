"""Code digits by whole numbers, each one of 64 vectors, and draw new ones from a prior over the codes.

make train RECIPE=vector_quantized
make train RECIPE=vector_quantized DATA=mnist
"""

from keras_ae.blocks.dense import DenseBackbone
from keras_ae.data.mnist import Mnist5k
from keras_ae.recipe import Recipe
from keras_ae.tasks.generation import Generation
from keras_ae.variants.vector_quantized import VectorQuantized

recipe = Recipe(
    data=Mnist5k(),
    variant=VectorQuantized(DenseBackbone(units=(512, 256)), latent_dim=32, codes=64, width=8),
    task=Generation(samples=1000),
    epochs=60,
    batch_size=128,
    warmup=100,
)

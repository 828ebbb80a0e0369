"""Denoise digits with a stack of layers, each trained on the one below before all are trained together.

make train RECIPE=stacked
make train RECIPE=stacked DATA=mnist
"""

from keras_ae.blocks.corruption import Masking
from keras_ae.blocks.dense import DenseBackbone
from keras_ae.data.mnist import Mnist5k
from keras_ae.recipe import Recipe
from keras_ae.tasks.restoration import Denoising
from keras_ae.variants.stacked import Stacked

recipe = Recipe(
    data=Mnist5k(),
    variant=Stacked(DenseBackbone(units=(512, 256)), latent_dim=64, pretraining=15, masking=0.25),
    task=Denoising(Masking(rate=0.25)),
    epochs=40,
    batch_size=128,
    warmup=100,
)

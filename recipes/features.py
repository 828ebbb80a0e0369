"""Codes as features: what they are worth to classifiers, with many labels and with few.

make train RECIPE=features                  5,000 digits
make train RECIPE=features DATA=mnist       60,000 digits
"""

from keras_ae.backbones.dense import DenseBackbone
from keras_ae.data.images.mnist import Mnist5k
from keras_ae.recipe import Recipe
from keras_ae.tasks.features import Features
from keras_ae.variants.undercomplete import Undercomplete

recipe = Recipe(
    data=Mnist5k(),
    variant=Undercomplete(DenseBackbone(units=(512, 256)), latent_dim=32),
    task=Features(),
    default_epochs=20,
    batch_size=128,
    lr_warmup_steps=100,
)

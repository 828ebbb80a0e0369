"""Classify digits with few labels, by an encoder that was trained without any.

make train RECIPE=features
make train RECIPE=classification SET="warm_start=features"
"""

from keras_ae.backbones.dense import DenseBackbone
from keras_ae.data.images.mnist import Mnist5k
from keras_ae.recipe import Recipe
from keras_ae.tasks.classification import Classification
from keras_ae.variants.undercomplete import Undercomplete

recipe = Recipe(
    data=Mnist5k(),
    variant=Undercomplete(DenseBackbone(units=(512, 256)), latent_dim=32),
    task=Classification(),
    default_epochs=20,
    batch_size=128,
    lr_warmup_steps=100,
)

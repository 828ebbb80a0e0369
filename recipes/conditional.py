"""Generate digits of a chosen class with a conditional variational autoencoder.

    make train RECIPE=conditional               5,000 digits, about 3 minutes
    make train RECIPE=conditional DATA=mnist

A code of 8 numbers and the label between 784-512-256 and back; a beta of 3 keeps what the label says out of
the code. 1,000 digits sampled on mnist_5k, classified by a network that is right on 96.5 % of the real test
digits; one run each on 2 cores of an AMD EPYC (AVX2, no GPU), seed 0:

    code, beta     classified so     MSE of reconstructions
    8, 3 (this)    98.6 %            .0234
    16, 1          64.1 %            .0153
"""

from keras_ae.backbones.dense import DenseBackbone
from keras_ae.data.images.mnist import Mnist5k
from keras_ae.recipe import Recipe
from keras_ae.tasks.generation import Generation
from keras_ae.variants.conditional import Conditional

recipe = Recipe(
    data=Mnist5k(),
    variant=Conditional(DenseBackbone(units=(512, 256)), latent_dim=8, beta=3.0),
    task=Generation(samples=1000),
    default_epochs=60,
    batch_size=128,
    lr_warmup_steps=100,
)

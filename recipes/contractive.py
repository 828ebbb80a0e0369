r"""Encode digits so that the code hardly changes when the digit does: a contractive autoencoder.

    make train RECIPE=contractive               5,000 digits, about a minute
    make train RECIPE=contractive DATA=mnist

One sigmoid layer of 128 units each way, so the penalty on the Jacobian is exact. On test digits of
mnist_5k, one run each on 2 cores of an AMD EPYC (AVX2, no GPU), seed 0:

    weight of the penalty    mean norm of the Jacobian    MSE
    0.0003 (this)            3.48                         .00984
    0                        9.96                         .00906

The encoder may be deeper; the penalty is then estimated with random probes:

    make train RECIPE=contractive \
      SET="variant.backbone.units=512,256 variant.activation=linear variant.lambda_=1e-4 learning_rate=1e-3"
"""

from keras_ae.backbones.dense import DenseBackbone
from keras_ae.data.images.mnist import Mnist5k
from keras_ae.recipe import Recipe
from keras_ae.tasks.reconstruction import Reconstruction
from keras_ae.variants.contractive import Contractive

recipe = Recipe(
    data=Mnist5k(),
    variant=Contractive(DenseBackbone(units=()), latent_dim=128, lambda_=3e-4, activation="sigmoid"),
    task=Reconstruction(),
    default_epochs=60,
    batch_size=128,
    learning_rate=1e-2,
    lr_warmup_steps=100,
)

"""Encode digits with a few active units out of many: a sparse autoencoder.

    make train RECIPE=sparse                    5,000 digits, about 2 minutes
    make train RECIPE=sparse DATA=mnist

784-512-256-1024 and back, an L1 penalty on the 1,024 units of the code. On test digits of mnist_5k, a
run each on 2 cores of an AMD EPYC (AVX2, no GPU), seed 0; a unit is active above 0.01:

    code                          MSE       active units
    this                          .01045    9.1 %
    dense, 32 units (`digits`)    .00988

The divergence penalty instead of L1, with a sigmoid code:

    make train RECIPE=sparse SET="variant.l1=0 variant.beta=0.01 variant.rho=0.05"
"""

from keras_ae.backbones.dense import DenseBackbone
from keras_ae.data.images.mnist import Mnist5k
from keras_ae.recipe import Recipe
from keras_ae.tasks.reconstruction import Reconstruction
from keras_ae.variants.sparse import Sparse

recipe = Recipe(
    data=Mnist5k(),
    variant=Sparse(DenseBackbone(units=(512, 256)), latent_dim=1024, l1=1e-4),
    task=Reconstruction(),
    default_epochs=60,
    batch_size=128,
    lr_warmup_steps=100,
)

"""Store digits in few bytes: codes of whole numbers, trained for few bits as well as for little error.

make train RECIPE=compression               5,000 digits
make train RECIPE=compression DATA=mnist    60,000 digits
keras-ae codec compression                  the bytes of test digits beside PCA, JPEG and WebP
"""

from keras_ae.backbones.dense import DenseBackbone
from keras_ae.data.images.mnist import Mnist5k
from keras_ae.recipe import Recipe
from keras_ae.tasks.reconstruction import Reconstruction
from keras_ae.variants.compressive import Compressive

recipe = Recipe(
    data=Mnist5k(),
    variant=Compressive(DenseBackbone(units=(1024, 512)), latent_dim=64, rate_weight=1e-4),
    task=Reconstruction(),
    loss="mse",
    default_epochs=60,
    batch_size=128,
    learning_rate=2e-3,
    lr_warmup_steps=100,
)

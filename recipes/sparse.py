"""Code digits with a few active units out of many: a sparse autoencoder.

make train RECIPE=sparse
make train RECIPE=sparse DATA=mnist
"""

from keras_ae.blocks.dense import DenseBackbone
from keras_ae.data.mnist import Mnist5k
from keras_ae.recipe import Recipe
from keras_ae.tasks.reconstruction import Reconstruction
from keras_ae.variants.sparse import Sparse

recipe = Recipe(
    data=Mnist5k(),
    variant=Sparse(DenseBackbone(units=(512, 256)), latent_dim=1024, l1=1e-4),
    task=Reconstruction(),
    epochs=60,
    batch_size=128,
    warmup=100,
)

"""Cluster digits without labels: the codes of an autoencoder, brought together by their neighbors.

make train RECIPE=latent_clustering                  5,000 digits
make train RECIPE=latent_clustering DATA=mnist       60,000 digits
"""

from keras_ae.backbones.dense import DenseBackbone
from keras_ae.data.augmentation.spatial import Rotation, Shift, Zoom
from keras_ae.data.images.mnist import Mnist5k
from keras_ae.recipe import Recipe
from keras_ae.tasks.cluster_methods import ManifoldMixture
from keras_ae.tasks.latent_clustering import LatentClustering
from keras_ae.tasks.projections import Spectral
from keras_ae.variants.undercomplete import Undercomplete

recipe = Recipe(
    data=Mnist5k(),
    variant=Undercomplete(DenseBackbone(units=(512, 256)), latent_dim=10),
    task=LatentClustering(
        ManifoldMixture(clusters=10, projection=Spectral()),
        invariant_to=(Rotation(degrees=10), Shift(pixels=2), Zoom(fraction=0.1)),
    ),
    default_epochs=60,
    batch_size=128,
    lr_warmup_steps=100,
)

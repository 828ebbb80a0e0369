"""Cluster digits without labels: the codes of an autoencoder, on a map where neighbors come together.

    make train RECIPE=latent_clustering                  5,000 digits, by t-SNE
    make train RECIPE=latent_clustering DATA=mnist       60,000 digits

The route of N2D (McConville et al. 2019): codes, a projection, a Gaussian mixture on it. N2D takes UMAP, the
extra umap. The network reconstructs digits from turned, moved and enlarged ones. Labels tell only how well:

    make train RECIPE=latent_clustering SET="task.method.projection=UMAP(neighbors=20,min_dist=0)"

Without a projection, the number of clusters given, or chosen from 2 to 20 by silhouette or BIC:

    make train RECIPE=latent_clustering SET="task.method=KMeans(clusters=10)"
    make train RECIPE=latent_clustering SET="task.method=GaussianMixture"
    make train RECIPE=latent_clustering SET="task.method=BestClusters"

By the clusters that VaDE (Jiang et al. 2017) learns:

    make train RECIPE=latent_clustering SET="variant=VaDE task.method=LearnedClusters"
"""

from keras_ae.backbones.dense import DenseBackbone
from keras_ae.data.augmentation.spatial import Rotation, Shift, Zoom
from keras_ae.data.images.mnist import Mnist5k
from keras_ae.recipe import Recipe
from keras_ae.tasks.cluster_methods import ManifoldMixture
from keras_ae.tasks.latent_clustering import LatentClustering
from keras_ae.tasks.projections import TSNE
from keras_ae.variants.undercomplete import Undercomplete

recipe = Recipe(
    data=Mnist5k(),
    variant=Undercomplete(DenseBackbone(units=(512, 256)), latent_dim=10),
    task=LatentClustering(
        ManifoldMixture(clusters=10, projection=TSNE()),
        invariant_to=(Rotation(degrees=10), Shift(pixels=2), Zoom(fraction=0.1)),
    ),
    default_epochs=60,
    batch_size=128,
    lr_warmup_steps=100,
)

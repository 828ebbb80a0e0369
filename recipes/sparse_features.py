"""Explain embeddings by few of many features: a sparse autoencoder with BatchTopK.

    make train RECIPE=sparse_features                          100,000 patches of photographs, 2 to 3 minutes
    make train RECIPE=sparse_features DATA=activations.npy     a matrix (n, features), of any number of rows

One dense layer to 576 units, of which 12 are active on average in training, and a vector of length 1 for
each, of patches of 12 x 12 pixels. Without a download, patches of whitened photographs stand for embeddings,
and the units become edges of a place, an orientation and a frequency: dictionary.png. On test patches, a run
each on 2 cores of an AMD EPYC (AVX2, no GPU, other work running), seed 0:

    code                                           L0      explained variance     dead units
    this                                            8.9    .904                   1.2 %
    TopK, k=9                                       9.0    .665                   0.5 %
    L1, weight 0.04                                11.9    .531                   0
    L1, weight 0.01                                28.6    .873                   0
    PCA, 9 components                               9      .304
    PCA, 29 components                             29      .625

BatchTopK spends most of its units on the few patches with edges, TopK as many on each patch of the sky.

    make train RECIPE=sparse_features SET="variant=TopK(backbone=None,latent_dim=576,k=9)"
    make train RECIPE=sparse_features SET="variant=Sparse(backbone=None,latent_dim=576,l1=0.04)"
"""

from keras_ae.data.embeddings.patches import NaturalPatches
from keras_ae.recipe import Recipe
from keras_ae.tasks.reconstruction import Reconstruction
from keras_ae.variants.batch_top_k import BatchTopK

recipe = Recipe(
    data=NaturalPatches(),
    variant=BatchTopK(backbone=None, latent_dim=576, k=12),
    task=Reconstruction(),
    default_epochs=20,
    batch_size=512,
    learning_rate=3e-3,
    lr_warmup_steps=200,
)

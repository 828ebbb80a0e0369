"""Explain embeddings by few of many features: a sparse autoencoder with BatchTopK.

make train RECIPE=sparse_features
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

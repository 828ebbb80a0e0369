"""One of the processes of test_workers.py: trains recipes together with others."""

import os
import sys
from pathlib import Path

from keras_ae.backbones.dense import DenseBackbone
from keras_ae.data.arrays import ArrayFile
from keras_ae.recipe import Recipe
from keras_ae.tasks.corruption import Gaussian
from keras_ae.tasks.reconstruction import Reconstruction
from keras_ae.tasks.restoration import Denoising
from keras_ae.variants.sparse import Sparse
from keras_ae.variants.undercomplete import Undercomplete
from keras_ae.variants.variational import Variational

LAYERS = DenseBackbone((16,))


def recipes(file):
    """A mean over examples with noise, one with a sampled code, and one that sees the whole batch."""
    settings = {"data": ArrayFile(str(file)), "epochs": 3, "batch_size": 16}
    denoising = Recipe(
        variant=Undercomplete(LAYERS, 4),
        task=Denoising(Gaussian(0.2)),
        optimizer="sgd",
        name="denoising",
        **settings,
    )
    variational = Recipe(
        variant=Variational(LAYERS, 4), task=Reconstruction(), name="variational", **settings
    )
    sparse = Recipe(variant=Sparse(LAYERS, 24, beta=0.5), task=Reconstruction(), name="sparse", **settings)
    return denoising, variational, sparse


def quiet(line):
    """Says nothing."""


def main(file, folder):
    """Joins the others and trains with them; the chief writes into the folder."""
    from keras_ae.training.agreement import agree
    from keras_ae.training.cluster import cluster_in
    from keras_ae.training.distributed import joined
    from keras_ae.training.train import load_and_build, take_part, train

    shared = joined(cluster_in(os.environ), quiet)
    with shared.watched():
        for recipe in recipes(file):
            loaded = load_and_build(recipe, quiet)
            agree(shared, [recipe.name], recipe, *loaded)
            if shared.index:
                take_part(recipe, loaded, shared, quiet)
            else:
                train(recipe, Path(folder, recipe.name), False, quiet, 0, loaded=loaded, shared=shared)


if __name__ == "__main__":
    main(*sys.argv[1:])
    sys.stdout.flush()
    os._exit(0)

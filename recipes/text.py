"""Encode texts as a few hundred numbers, and read them back.

    make train RECIPE=text                          lines of Python's own documentation
    make train RECIPE=text DATA=tinyshakespeare     or a file or a folder of .txt

Convolutions over neighboring characters and a dense layer make 256 numbers of a line; the decoder gives all
characters at once.
"""

from keras_ae.backbones.sequence import SequenceBackbone
from keras_ae.data.text.documentation import PythonDocs
from keras_ae.recipe import Recipe
from keras_ae.tasks.reconstruction import Reconstruction
from keras_ae.variants.undercomplete import Undercomplete

recipe = Recipe(
    data=PythonDocs(),
    variant=Undercomplete(SequenceBackbone((128, 128), kernel_size=5), latent_dim=256),
    task=Reconstruction(),
    default_epochs=12,
    min_steps=1400,
    batch_size=64,
    learning_rate=2e-3,
    lr_warmup_steps=50,
)

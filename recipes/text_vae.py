"""Generate texts, and walk from one sentence to another.

    make train RECIPE=text_vae                          lines of Python's own documentation
    make train RECIPE=text_vae DATA=tinyshakespeare     or a file or a folder of .txt
    keras-ae interpolate text_vae "a class is an object" "a name is bound to a value"

Gated units read a line in both directions into 16 numbers; others write it, character by character, by the
code and all characters before. Free bits keep the code in use; the same decoder without a code is trained
beside.
"""

from keras_ae.backbones.bidirectional import BidirectionalBackbone
from keras_ae.data.text.documentation import PythonDocs
from keras_ae.recipe import Recipe
from keras_ae.tasks.generation import Generation
from keras_ae.variants.recurrent_variational import RecurrentVariational

recipe = Recipe(
    data=PythonDocs(),
    variant=RecurrentVariational(
        BidirectionalBackbone((128,)), latent_dim=16, units=256, free_bits=0.2, dropout=0.1
    ),
    task=Generation(samples=1000, importance_samples=100),
    default_epochs=6,
    min_steps=3000,
    batch_size=32,
    learning_rate=3e-3,
    lr_warmup_steps=50,
)

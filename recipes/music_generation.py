"""Write chorales in four voices, go on from an opening, and walk from one chorale to another.

    make train RECIPE=music_generation              Bach's chorales as they come with music21
    make train RECIPE=music_generation DATA=jsb     or a folder of MIDI files
    make generate RECIPE=music_generation COUNT=4 SEED=1 LENGTH=64 PLAYABLE=1

Convolutions over sixteenths, a code of 128 numbers for four bars. A run on 2 cores of an Intel Xeon (AVX-512,
no GPU), seed 0, other work beside; parallels: fifths and octaves, a bar, as a multiple of the test music's:

                nats a sixteenth    bigram of each voice    parallels    with BEST=8    with PLAYABLE=1
    chorales    3.47                4.43                    35           5.2            0
    jsb         3.49                3.87                    5.9          0              0
"""

from keras_ae.blocks.steps import StepsBackbone
from keras_ae.data.music import Chorales
from keras_ae.recipe import Recipe
from keras_ae.tasks.generation import Generation
from keras_ae.variants.autoregressive import Autoregressive

EXTRAS = "music"

recipe = Recipe(
    data=Chorales(),
    variant=Autoregressive(
        StepsBackbone(filters=(128, 192, 256, 256), halvings=4, kernel_size=5),
        latent_dim=128,
        held=True,
        ordered=2,
        beta=0.2,
        guess=1.0,
        spread=0.3,
    ),
    task=Generation(samples=1000, draws=100),
    epochs=9,
    least_steps=150,
    batch_size=64,
    warmup=200,
)

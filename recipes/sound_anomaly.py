r"""Find sounds that are unlike the normal ones: a folder `good` beside others, or one kind of sound.

    make train RECIPE=sound_anomaly                                chirps among other generated sounds
    make train RECIPE=sound_anomaly DATA=sounds                    sounds/good beside sounds/broken, ...
    make train RECIPE=sound_anomaly DATA=fsdd SET="data.abnormal=3"

The network reconstructs log-mel spectra of the first second; the detector takes waveforms of the rate that
its card states. The score is the reconstruction error with the distance from the nearest normal sound,
both for each frame of sound: silence that fills up a short one is no evidence. Each digit, or each
speaker, as the abnormal one, trained on the others:

    keras-ae sweep sound_anomaly data.abnormal 0..9 --data fsdd
    keras-ae sweep sound_anomaly data.abnormal george,jackson,lucas,nicolas,theo,yweweler --data fsdd \
        --name speakers --set data.of.of.label=speaker

Mean AUROC on fsdd's 300 test recordings, seed 0, beside PCA of whole spectra and of single frames, and the
95 % interval of how far this is above the better PCA, by 1,000 paired bootstrap samples of the recordings:

                   this     PCA, 32    PCA of frames, 8    isolation forest    above PCA
    ten digits     0.846    0.619      0.565               0.517               0.203 to 0.249
    six speakers   0.873    0.636      0.619               0.520               0.211 to 0.263
"""

from keras_ae.backbones.dense import DenseBackbone
from keras_ae.data.images.one_class import OneClass
from keras_ae.data.sound.generated import GeneratedSounds
from keras_ae.data.sound.whole_clips import WholeClips
from keras_ae.recipe import Recipe
from keras_ae.tasks.sound_anomaly import SoundAnomaly
from keras_ae.variants.undercomplete import Undercomplete

recipe = Recipe(
    data=OneClass(WholeClips(GeneratedSounds(960)), abnormal="chirp"),
    variant=Undercomplete(DenseBackbone((256, 128)), latent_dim=32),
    task=SoundAnomaly(),
    default_epochs=40,
    min_steps=1500,
    batch_size=32,
    learning_rate=1e-3,
)

"""`python -m keras_ae`: the same verbs as the console script `keras-ae`."""

import sys

from keras_ae.cli import main

sys.exit(main())

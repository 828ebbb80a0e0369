"""The comparison of training speed with other frameworks, and with another build of this package.

What the processes of the competitors import, `networks`, `work`, `clock` and `peers`, is free of TensorFlow.
"""

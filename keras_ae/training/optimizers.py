"""Adam in one operation for each weight."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

__all__ = ["FusedAdam"]


class FusedAdam(keras.optimizers.Adam):
    """Adam (Kingma and Ba 2015, arXiv:1412.6980) as Keras has it, by TensorFlow's one kernel for a weight.

    Keras's own takes about a dozen operations for each weight, a noticeable part of the step of a small dense
    network. The numbers are the same but for their last digits, and so are the variables, so that either goes
    on from a checkpoint of the other. Sparse gradients, such as those of an embedding, and AMSGrad are left
    to Keras.
    """

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Updates a weight.

        Args:
            gradient: The gradient of the loss.
            variable: The weight.
            learning_rate: The learning rate of the step.
        """
        if self.amsgrad or isinstance(gradient, tf.IndexedSlices) or variable.dtype != "float32":
            super().update_step(gradient, variable, learning_rate)
            return
        index = self._get_variable_index(variable)
        step = tf.cast(self.iterations + 1, tf.float32)
        weight, mean, square = (
            each.value if isinstance(each, keras.Variable) else each
            for each in (variable, self._momentums[index], self._velocities[index])
        )
        tf.raw_ops.ResourceApplyAdam(
            var=weight.handle,
            m=mean.handle,
            v=square.handle,
            beta1_power=self.beta_1**step,
            beta2_power=self.beta_2**step,
            lr=tf.cast(learning_rate, tf.float32),
            beta1=self.beta_1,
            beta2=self.beta_2,
            epsilon=self.epsilon,
            grad=gradient,
        )

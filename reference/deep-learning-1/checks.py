"""The checks of deep-learning-1, by the names that its rubric uses after `local/`.

Every reading of the assignment that a careful student could defend passes.
"""

from . import backpropagation, linear, network, perceptron, regression

CHECKS = {
    "regression_returns_weights": regression.returns_weights,
    "regression_learns": regression.learns,
    "regression_honours_epochs": regression.honours_epochs,
    "regression_honours_lr": regression.honours_lr,
    "regression_honours_tol": regression.honours_tol,
    "regression_from_scratch": regression.from_scratch,
    "mlp_computes": perceptron.computes,
    "linear_has_parameters": linear.has_parameters,
    "linear_computes": linear.computes,
    "linear_takes_batches": linear.takes_batches,
    "linear_is_random_normal": linear.is_random_normal,
    "linear_is_own": linear.is_own,
    "ffnet_is_built_from_linear": network.is_built_from_linear,
    "ffnet_computes": network.computes,
    "gradients_vector": backpropagation.returns_vector,
    "gradients_output_layer": backpropagation.output_layer,
    "gradients_hidden_layer": backpropagation.hidden_layer,
    "gradients_by_hand": backpropagation.is_by_hand,
}

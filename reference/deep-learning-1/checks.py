"""The checks of deep-learning-1, by the names that its rubric uses after `local/`.

Every reading of the assignment that a careful student could defend passes.
"""

from . import backpropagation, comparisons, data, linear, network, perceptron, regression, training, xor

CHECKS = {
    "data_split": data.split,
    "data_disjoint_and_complete": data.disjoint_and_complete,
    "data_batch_size": data.batch_size,
    "data_shuffles": data.shuffles,
    "data_sanity_line": data.sanity_line,
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
    "mlp_epochs_printed": training.epochs_printed,
    "mlp_curves_drawn": training.curves_drawn,
    "mlp_accuracy_in_band": training.accuracy_in_band,
    "mlp_above_logistic_regression": training.above_logistic_regression,
    "compared_together": comparisons.together,
    "compared_labelled": comparisons.labelled,
    "compared_tests_printed": comparisons.tests_printed,
    "compared_some_learn": comparisons.some_learn,
    "zero_stays_at_chance": comparisons.zero_stays_at_chance,
    "schemes_differ": comparisons.schemes_differ,
    "reflection_both_run": comparisons.both_run,
    "reflection_outcomes_differ": comparisons.outcomes_differ,
    "xor_dimensions": xor.dimensions,
    "xor_hidden_sizes": xor.hidden_sizes,
    "xor_labelled": xor.labelled,
    "xor_converges": xor.converges,
}


METRICS = training.metrics

"""MNIST-format data prepared offline, because the sandbox has no network."""

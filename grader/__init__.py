"""An autograder for deep-learning notebooks whose answers never enter the sandbox."""

__version__ = "0.1.0"

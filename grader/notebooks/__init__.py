"""Bytes to a bounded notebook, and what can be said about it without running it."""

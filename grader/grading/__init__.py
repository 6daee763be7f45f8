"""Assignments, running checks, scoring: the only place that knows the order of things."""

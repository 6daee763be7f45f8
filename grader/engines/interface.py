"""What whoever hands out gradings knows of an engine."""

from grader.grading.job import Job, Submit, Watch

__all__ = ["Job", "Submit", "Watch"]

"""The reference solution with the same face as a student: what a check asks of one it can ask of the other."""

from grader.errors import GraderFault
from grader.execution.inject import local_agent
from grader.execution.student import Student
from grader.grading.assignments import reference_namespace
from grader.records.assignment import Assignment


def reference_face(assignment: Assignment) -> Student:
    """Runs in this process, where the answers are; whatever fails in it is the grader's fault."""
    answer = local_agent(reference_namespace(assignment), "seeded")
    return Student(lambda request, blob, _: answer(request, blob), failure=GraderFault)

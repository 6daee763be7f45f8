"""Every failure belongs to somebody, and the class says to whom.

* GraderError
  x StudentFault               costs points, never a retry
    + BadNotebook              the upload is no gradable notebook (exit code 2)
    + CallFailed               student code raised, or gave back what cannot cross the wall
    + CallTimedOut             student code took longer than its limit
    + KernelDied               student code ended its own kernel
    + CheckFailed              a check found a difference; its text is the sentence for the student
    + ProtocolViolation        the kernel sent what no honest kernel sends
  x Refused                    whoever asks may not have it: their own doing, and nothing happened
  x GraderFault                a broken check or assignment: no points lost, staff are called
    + AssignmentError          rubric or reference cannot be loaded
    + BadRoster                a list of people cannot be read
    + BadGradebook             a table or a folder of another system cannot be filled
    + BadSource                what submissions are to be taken from is no folder and no zip
  x InfrastructureFault        the machine's doing: costs neither points nor an attempt
    + SandboxError             no kernel could be started behind the wall
    + DatasetError             prepared data is missing or damaged
    + StorageError             what the service stored is missing or damaged, or cannot be stored
"""


class GraderError(Exception):
    """Base of everything that is raised on purpose; its text is one sentence for a person."""


class StudentFault(GraderError):
    """Caused by the submission."""


class BadNotebook(StudentFault):
    """The bytes are not a notebook that can be graded."""


class CallFailed(StudentFault):
    """A call into the student's kernel ended in an exception or an unusable value."""


class CallTimedOut(StudentFault):
    """A call into the student's kernel exceeded its time limit."""


class KernelDied(StudentFault):
    """The kernel's process ended while student code was running."""


class CheckFailed(StudentFault):
    """A check's verdict; its text says what was expected, what came instead, and where to look."""


class ProtocolViolation(StudentFault):
    """A message from the kernel was malformed or too large."""


class Refused(GraderError):
    """A request that is understood and not granted; `status` is its answer's in HTTP."""

    def __init__(self, sentence: str, status: int = 403):
        super().__init__(sentence)
        self.status = status


class GraderFault(GraderError):
    """Caused by a check, a rubric or the grader itself."""


class AssignmentError(GraderFault):
    """An assignment's rubric, starter or reference is missing or inconsistent."""


class BadRoster(GraderFault):
    """A roster lacks something, or says it twice."""


class BadSource(GraderFault):
    """Where submissions should be there is neither a folder nor a zip that can be read."""


class BadGradebook(GraderFault):
    """What another system gave to be filled in is not what it looks like, or lacks what is to be filled in."""


class InfrastructureFault(GraderError):
    """Caused by the machine the grader runs on."""


class SandboxError(InfrastructureFault):
    """The sandbox could not be started, or was lost for no reason of the student's."""


class KernelNotStarted(SandboxError):
    """There is a sandbox, and no kernel in it that answers."""


class DatasetError(InfrastructureFault):
    """Prepared data is missing, incomplete or damaged."""


class StorageError(InfrastructureFault):
    """The service's memory cannot be read or written."""


class DamagedContent(StorageError):
    """Of what was stored, one thing is gone or changed; all others are there."""

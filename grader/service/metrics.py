"""What operators see of the service, in Prometheus' form."""

from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

SECONDS = (0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600)


@dataclass(frozen=True)
class Metrics:
    registry: CollectorRegistry
    uploads: Counter
    graded: Counter
    waited: Histogram
    took: Histogram
    queued: Gauge
    running: Gauge
    failed: Gauge
    refused: Gauge


def new_metrics() -> Metrics:
    """A set of its own for each service."""
    registry = CollectorRegistry()
    return Metrics(
        registry,
        Counter("grader_uploads", "Uploads by what became of them", ["outcome"], registry=registry),
        Counter("grader_gradings", "Gradings that ended, by how", ["outcome"], registry=registry),
        Histogram(
            "grader_waiting_seconds",
            "From upload to the start of the first grading",
            buckets=SECONDS,
            registry=registry,
        ),
        Histogram("grader_grading_seconds", "From start to end", buckets=SECONDS, registry=registry),
        Gauge("grader_queued", "Submissions that wait", registry=registry),
        Gauge("grader_running", "Submissions that are being graded", registry=registry),
        Gauge("grader_failed", "Submissions that wait for staff", registry=registry),
        Gauge("grader_assignments_refused", "Assignments whose self-test failed", registry=registry),
    )

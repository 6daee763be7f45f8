"""What whoever watches a submission is told, as server-sent events."""

from collections.abc import AsyncIterator

from anyio.to_thread import run_sync

from grader.records.progress import CellStarted
from grader.records.report import ItemReport
from grader.records.rubric import Record
from grader.service import revisions
from grader.service.access import submission_for
from grader.service.board import waited
from grader.service.request import Service
from grader.service.submissions import ENDED
from grader.service.tables import SubmissionRow
from grader.service.users import User

LOOK_SECONDS = 60.0
"""After so long without a word, look all the same."""


class StateEvent(Record):
    status: str


class CellEvent(Record):
    cell: int
    position: int
    cells: int


class ItemEvent(Record):
    """Points and status alone: which checks may be seen, the report knows."""

    id: str
    title: str
    status: str
    points: float | None
    max_points: float


def cell_event(cell: CellStarted) -> CellEvent:
    return CellEvent(cell=cell.index, position=cell.position, cells=cell.cells)


def item_event(item: ItemReport) -> ItemEvent:
    return ItemEvent(id=item.id, title=item.title, status=item.status, points=item.points, max_points=item.max_points)


async def told(service: Service, row: SubmissionRow, user: User) -> AsyncIterator[dict[str, str]]:
    """Each change once; the first says how it stands, and the last that it has ended."""
    state, cell, known = "", None, set[str]()
    with service.board.watching(row.id) as event:
        while True:
            event.clear()
            row, standing = await run_sync(submission_for, service.store, row.id, user), service.board.standing(row.id)
            ended = row.state in ENDED
            if row.state != state and not ended:
                state, cell, known = row.state, None, set()
                yield {"event": "state", "data": StateEvent(status=state).model_dump_json()}
            if standing.cell and standing.cell != cell:
                cell = standing.cell
                yield {"event": "cell", "data": cell_event(cell).model_dump_json()}
            # some may have been judged just before the end, when nobody looked
            items = await run_sync(judged, service, row.id) if ended else standing.items
            for item in items:
                if item.id not in known:
                    yield {"event": "item", "data": item_event(item).model_dump_json()}
            known = {item.id for item in items}
            if ended:
                yield {"event": "state", "data": StateEvent(status=row.state).model_dump_json()}
                return
            await waited(event, LOOK_SECONDS)


def judged(service: Service, identifier: str) -> tuple[ItemReport, ...]:
    found = revisions.current(service.store, identifier)
    return tuple(item for item in found[0].items if item.points is not None) if found else ()

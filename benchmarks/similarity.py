"""How long it takes to compare the works of a cohort with each other."""

import random
from collections.abc import Iterator

from benchmarks.measure import Row, taken
from grader.batch.similarity import Work, similar
from grader.notebooks.facts import parse
from tests.batch.cohort import cohort, known
from tests.batch.disguise import disguised

TEAMS, COPIES = 60, 5


def rows(rounds: int) -> Iterator[Row]:
    given, notebooks = known(), cohort(TEAMS)
    copies = [disguised(notebook, given[0], random.Random(0)) for notebook in notebooks[:COPIES]]
    works = [Work(str(number), notebook) for number, notebook in enumerate([*notebooks, *copies])]
    seconds = []
    for _ in range(rounds):
        parse.cache_clear()
        with taken() as time:
            similar(works, given)
        seconds.append(time.wall)
    yield Row(f"{len(works)} notebooks compared with each other, {COPIES} of them disguised copies", "s", seconds)

"""Work out the figures of the reference set and write its index.

Run as ``python benchmarks/reference_index.py [NAME ...]``: rows of the named instances (default: all) are made
anew, the others kept. Greedy has 20 s for each instance. Very large instances get sizes and hashes only: listing
their plans takes more memory than a small machine has.
"""

from __future__ import annotations

import sys

import sloplan as sp
from sloplan.instances import library
from sloplan.instances.figures import figures_of
from sloplan.instances.reference import REFERENCE, ReferenceInstance
from sloplan.instances.reference_index import INDEX, IndexRow, read_index, write_index
from sloplan.problem.instance import Instance

GREEDY_SECONDS = 20.0
SIZES_ONLY = ("xxl",)


def main() -> None:
    """Update the index row by row, so that an interruption loses one row."""
    rows = {row.name: row for row in (read_index() if INDEX.exists() else ())}
    wanted = set(sys.argv[1:] or library.names())
    for reference in REFERENCE:
        if reference.name in wanted:
            rows[reference.name] = index_row(reference)
            write_index([rows[name] for name in library.names() if name in rows])
            sys.stdout.write(f"{rows[reference.name]}\n")
            sys.stdout.flush()


def index_row(reference: ReferenceInstance) -> IndexRow:
    """Return the row of an instance."""
    instance = library.load(reference.name)
    compiled = instance.compiled
    row = IndexRow(
        name=reference.name,
        sha256=instance.sha256,
        queries=len(compiled.names.queries),
        copies=sum(compiled.queries.count.tolist()),
        sites=len(compiled.names.sites),
        templates=len(compiled.templates),
        rows=len(compiled.rows),
        load=instance.description.rpartition("load ")[2].partition(" of")[0],
    )
    return row if reference.size in SIZES_ONLY else _with_figures(row, instance)


def _with_figures(row: IndexRow, instance: Instance) -> IndexRow:
    figures = figures_of(instance.compiled)
    greedy = sp.solve(instance, method="greedy", time_limit=GREEDY_SECONDS, display=False)
    return row.with_figures(figures, greedy.objective)


if __name__ == "__main__":
    main()

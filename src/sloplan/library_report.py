"""Tables of the library and the families, for `sloplan instances list`."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Literal

from sloplan.instances import jellybean
from sloplan.instances.families.layouts import LAYOUTS
from sloplan.instances.families.spec import parse_spec
from sloplan.instances.reference import REFERENCE, ReferenceInstance
from sloplan.instances.selections.spec import selection_families
from sloplan.problem.errors import InputError
from sloplan.problem.validation.naming import near_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rich.table import Table
    from rich.text import Text

FOOT = """Names are family-size-load-slo, e.g. edge-cloud-s-1.2-tight; -x100: 100 copies of each query.
`sloplan instances list edge-cloud-s` lists the names that begin so, with their specs.
"""


def library_overview() -> Iterator[Table | Text]:
    """Yield a table of the library's sizes, how names are formed, and tables of the families; no instance is loaded."""
    from rich.text import Text

    sizes = _table("library", ("size", "queries", "families", "loads", "slo", "names", "kept"))
    for (size, queries), group in groupby(REFERENCE, key=lambda reference: (reference.size, _queries(reference))):
        sizes.add_row(size, queries, *_spanned(list(group)))
    yield sizes
    yield Text(FOOT)
    yield _families("families of instances", ((name, layout.summary) for name, layout in LAYOUTS.items()))
    yield Text()
    yield _families("an example", [(jellybean.NAME, jellybean.SUMMARY)])
    yield Text()
    yield _families("families of plan selections", selection_families().items())


def library_names(prefix: str) -> Table:
    """Return a table of the library's instances whose names begin with `prefix`; no instance is loaded.

    Raises
    ------
    InputError
        There is none.
    """
    found = [reference for reference in REFERENCE if reference.name.startswith(prefix)]
    if not found:
        known = (*LAYOUTS, *(reference.name for reference in REFERENCE))
        raise InputError(
            f"no library instance has a name that begins so{near_names(prefix, known)}",
            value=prefix,
            allowed=f"a beginning of family-size-load-slo; families: {', '.join(LAYOUTS)}",
            advice="`sloplan instances list` without it shows sizes, loads and families",
        )
    table = _table(None, ("instance", "kept", "spec"))
    for reference in found:
        table.add_row(reference.name, _kept(reference), reference.spec)
    return table


def _spanned(references: Sequence[ReferenceInstance]) -> tuple[str, ...]:
    """What the instances of one size span: families, loads, tightness, how many they are and how they are kept."""
    families, loads, slo = (
        tuple(dict.fromkeys(getattr(reference, part) for reference in references)) for part in ("family", "load", "slo")
    )
    named = "all" if families == tuple(LAYOUTS) else ", ".join(families)
    return named, ", ".join(loads), ", ".join(slo), str(len(references)), _kept(references[0])


def _queries(reference: ReferenceInstance) -> str:
    parameters = parse_spec(reference.spec)
    copies = f" x{parameters.copies:,}" if parameters.copies > 1 else ""
    return f"{parameters.queries:,}{copies}"


def _kept(reference: ReferenceInstance) -> str:
    return "stored" if reference.is_stored else "generated"


def _families(title: str, summaries: Iterable[tuple[str, str]]) -> Table:
    table = _table(title, ("family", "what it stands for"))
    for name, summary in summaries:
        table.add_row(name, summary)
    return table


def _table(title: str | None, columns: Sequence[str]) -> Table:
    """Return an empty table that needs little width; nothing in it is cut, and names and figures are not folded."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for number, column in enumerate(columns):
        justify: Literal["left", "right"] = "right" if column in ("queries", "names") else "left"
        whole = number == 0 or column in ("queries", "loads", "slo", "kept")
        table.add_column(column, overflow="fold", justify=justify, no_wrap=whole)
    return table

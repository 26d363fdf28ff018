"""The families khan and chu-gap: their rules, their specs, and the same bytes for the same seed."""

from __future__ import annotations

import numpy as np
import pytest

from sloplan.instances.selections.chu_gap import ChuGap
from sloplan.instances.selections.chu_gap import generate as generate_gap
from sloplan.instances.selections.khan import Khan
from sloplan.instances.selections.khan import generate as generate_khan
from sloplan.instances.selections.spec import generate_selection, parse_selection_spec
from sloplan.problem.errors import InputError
from tests.problem.selections.selection_cases import dense


@pytest.mark.parametrize(
    ("spec", "sha256"),
    [
        (
            "khan:groups=4,items=3,resources=2,seed=1",
            "4e516f190e5e7789be18d4ea6340b7fa9aace7cecaee29430788492e15687ecf",
        ),
        ("chu-gap:type=a,agents=3,jobs=7,seed=1", "241b3dab6a1e4b36540dba6f08374fe71ebd9c800cf3bd0a378ef9041f2ffa1f"),
    ],
)
def test_a_seed_means_the_same_problem_everywhere(spec: str, sha256: str) -> None:
    """The content hash of a spec is fixed, whatever the versions of numpy and Python."""
    assert generate_selection(spec).sha256 == sha256


@pytest.mark.parametrize("values", ["correlated", "uncorrelated"])
def test_khan(values: str) -> None:
    """Ranges, sizes and capacities are those of the source; items stand in the order of their values."""
    selection = generate_khan(Khan(groups=300, items=6, resources=4, values=values, seed=2), "test")
    use = dense(selection.plans.usage, selection)
    assert (len(selection.groups), len(selection.plans), len(selection.rows)) == (300, 1800, 4)
    assert set(np.unique(use)) == set(range(10))
    assert selection.rows.capacity.tolist() == [1500] * 4
    assert selection.groups.must.all()
    value = selection.plans.value.reshape(300, 6)
    assert (np.diff(value, axis=1) >= 0).all()
    shared = np.linalg.lstsq(np.column_stack([use, np.ones(1800)]), value.ravel(), rcond=None)[0][:-1]
    left = value.ravel() - use @ shared.round().astype(np.int64)
    if values == "correlated":  # a whole price per unit of each resource, and at most 3 x resources - 1 beside
        assert set(np.unique(left)) == set(range(12))
        assert shared.max() > 1
    else:
        assert np.abs(shared).max() < 0.5
        assert (value.min(), value.max()) == (0, 99)


@pytest.mark.parametrize("kind", ["a", "b", "c", "d"])
def test_chu_gap(kind: str) -> None:
    """Ranges of costs and uses, and the capacity of each type."""
    selection = generate_gap(ChuGap(type=kind, agents=4, jobs=500, seed=3), "test")
    use = dense(selection.plans.usage, selection).sum(axis=1).reshape(500, 4).T
    cost = selection.plans.cost.reshape(500, 4).T
    assert selection.objective == "cost"
    if kind == "d":
        assert (use.min(), use.max()) == (1, 100)
        assert ((cost + use).min(), (cost + use).max()) == (101, 121)
    else:
        assert (use.min(), use.max(), cost.min(), cost.max()) == (5, 25, 10, 50)
    cheapest = [int(cost[:, job].argmin()) for job in range(500)]
    greatest = max(sum(int(use[agent, job]) for job in range(500) if cheapest[job] == agent) for agent in range(4))
    of_type_a = 0.6 * 15 * 500 / 4 + 0.4 * greatest
    expected = {
        "a": [int(of_type_a)] * 4,
        "b": [int(0.7 * of_type_a + 1e-9)] * 4,
        "c": [int(total) * 4 // 20 for total in use.sum(axis=1)],
    }
    assert selection.rows.capacity.tolist() == expected.get(kind, expected["c"])


def test_specs() -> None:
    """A spec states some parameters; the name states them all."""
    assert parse_selection_spec("khan") == Khan()
    assert parse_selection_spec("chu-gap:jobs=9, type=d") == ChuGap(type="d", jobs=9)
    name = "khan:groups=2,items=3,resources=1,values=uncorrelated,seed=7"
    assert generate_selection("khan:seed=7,groups=2,items=3,resources=1,values=uncorrelated").name == name


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("kahn", "did you mean khan"),
        ("khan:groups", "parameter without a value"),
        ("khan:group=3", "did you mean groups"),
        ("khan:groups=3,groups=4", "given twice"),
        ("khan:groups=x", "not a whole number"),
        ("khan:groups=0", "groups = 0: bad parameter"),
        ("khan:groups=100000000,items=100", "up to 100,000,000"),
        ("khan:values=some", "correlated or uncorrelated"),
        ("khan:seed=-1", "seed = -1"),
        ("chu-gap:type=e", "type = 'e'"),
        ("chu-gap:agents=0", "agents = 0"),
        ("chu-gap:agents=10000,jobs=10000", "up to 10,000,000"),
        ("chu-gap:seed=-1", "seed = -1"),
    ],
)
def test_bad_specs(spec: str, message: str) -> None:
    """What a family does not have is one clear error."""
    with pytest.raises(InputError, match=message):
        generate_selection(spec)

"""What every rival refuses, in one line."""

from __future__ import annotations

import pytest

from sloplan.heuristics.inferline import InferLine
from sloplan.heuristics.jellybean import JellyBean
from sloplan.heuristics.random_plans import Random
from sloplan.heuristics.rival import Rival
from sloplan.heuristics.vulcan import Vulcan
from sloplan.problem.selections.selection import PlanSelection
from tests.one_pool import one_pool

RIVALS = (InferLine, JellyBean, Random, Vulcan)


@pytest.mark.parametrize("rival", RIVALS)
def test_unsupported(rival: type[Rival]) -> None:
    """Plan selections, replicas and unknown objectives; goodput and cost are solved."""
    instance, method = one_pool(), rival()
    assert method.unsupported(instance.compiled, "goodput") is None
    assert method.unsupported(instance.compiled, "cost") is None
    assert "does not have objective 'beauty'" in str(method.unsupported(instance.compiled, "beauty"))
    replicas = instance.replace(hosting="replicas")
    assert f"{method.name} does not have hosting 'replicas'" in str(method.unsupported(replicas.compiled, "goodput"))
    selection = PlanSelection.from_instance(instance)
    assert "allowed: an instance" in str(method.unsupported(selection, "goodput"))

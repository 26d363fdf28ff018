"""What there are models for, and what goes with it; light to import, so that nobody builds one to be refused."""

from __future__ import annotations

from sloplan.problem.compiled import INT64_MAX
from sloplan.problem.errors import InputError
from sloplan.problem.objective import COST, ONE_STAGE_OBJECTIVES, refuse_several_stages
from sloplan.problem.solution_tables import as_whole


def unsupported_objective(method: str, objective: str) -> str | None:
    """Say in one line why a method that solves one model does not have an objective, or return None."""
    if objective in ONE_STAGE_OBJECTIVES:
        return None
    return f"{method} does not have the objective {objective!r}; allowed: {', '.join(ONE_STAGE_OBJECTIVES)}"


def floor_of_model(objective: str, goodput_floor: int | None) -> int | None:
    """Return the goodput floor of a model of an instance, once it is seen to go with the objective.

    Parameters
    ----------
    objective : {"goodput", "cost"}
    goodput_floor : int or None
        Milli-value, a whole number of any type: "cost" needs one, "goodput" has none.

    Returns
    -------
    int or None

    Raises
    ------
    InputError
        If there is no such objective, or the floor is missing, unusable or out of place.
    """
    refuse_several_stages(objective)
    if objective != COST.name:
        if goodput_floor is None:
            return None
        raise InputError(
            "a floor belongs to the objective cost",
            field="goodput_floor",
            value=goodput_floor,
            allowed=f"None under {objective}",
            advice="leave it out, or ask for cost",
        )
    floor = as_whole(goodput_floor)
    if floor is None or not 0 <= floor <= INT64_MAX:
        raise InputError(
            "the objective cost needs the least goodput" if goodput_floor is None else "not a least goodput",
            field="goodput_floor",
            value=goodput_floor,
            allowed="a whole number of milli-value, 0 to 2^63 - 1",
            advice="sloplan.problem.cost_problem.goodput_floor(instance, fraction) computes it",
        )
    return floor

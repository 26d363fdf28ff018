"""Applications of the catalogue as tables of an instance."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import pandas as pd

from sloplan.instances.catalogue import applications, origin, rule, table
from sloplan.problem.errors import InputError
from sloplan.problem.schema import LIST_SEPARATOR

Frames = dict[str, pd.DataFrame]


def application_frames(
    application: str,
    *,
    hardware: Collection[str] | None = None,
    configurations: Mapping[str, Collection[str]] | None = None,
    frame_rates: Collection[float] | None = None,
) -> Frames:
    """Return the instance tables of one application: operators to accuracy.

    A video's operators that work on every frame have one configuration per frame rate
    (``model@10fps``, `calls` = 10), and `compatible` ties them to streams of that rate; a detector
    also needs a stream at least as wide as its input. Where accuracy was measured jointly and not
    for all combinations, `compatible` allows the measured ones. Configurations that no listed
    hardware can run are left out.

    Parameters
    ----------
    application : str
    hardware : collection of str, optional
        Keep the profiles of these machines (default: all).
    configurations : mapping of operator to configurations, optional
        Keep these, named as in the catalogue (default: all).
    frame_rates : collection of float, optional
        Keep streams of these frame rates, frames/s (default: all).

    Returns
    -------
    dict of str to DataFrame
        operators, edges, placement, configurations, compatible, profiles, accuracy.

    Raises
    ------
    InputError
        The catalogue has no such application, machine, operator, configuration or frame rate.
    """
    _known("application", [application], applications())
    # What another application has is no mistake: one selection may serve several applications.
    known = table("configurations")
    _known("hardware", hardware or (), table("profiles")["hardware"])
    _known("operator", configurations or (), known["operator"])
    for operator, kept in (configurations or {}).items():
        _known(f"configuration of {operator}", kept, known.loc[known["operator"] == operator, "configuration"])
    _known("frame rate", frame_rates or (), known["frames_per_s"].dropna())
    operators, edges, placement = (_of(application, name) for name in ("operators", "edges", "placement"))
    chosen = _chosen_configurations(application, configurations or {}, frame_rates)
    profiles = _profiles(application, chosen, hardware)
    chosen = chosen.merge(profiles[["operator", "configuration"]].drop_duplicates())
    accuracy = _accuracy(application, chosen)
    pairs = [*_video_pairs(operators, edges, chosen), *_measured_pairs(chosen, accuracy)]
    pair_columns = ["operator", "configuration", "other_operator", "other_configuration"]
    return {
        "operators": operators[["operator", "application", "input_kb"]],
        "edges": edges[["from_operator", "to_operator"]],
        "placement": placement[["operator", "allowed", "value"]],
        "configurations": chosen[["operator", "configuration", "output_kb", "calls", "origin"]],
        "compatible": pd.concat(pairs)[pair_columns] if pairs else pd.DataFrame(columns=pair_columns),
        "profiles": profiles.drop(columns="batch"),
        "accuracy": accuracy,
    }


def _known(kind: str, stated: Iterable[object], known: Iterable[object]) -> None:
    """Refuse what the catalogue does not have."""
    names = list(dict.fromkeys(known))
    for name in stated:
        if name not in names:
            allowed = ", ".join(map(str, names))
            raise InputError(f"no such {kind}", value=name, allowed=allowed, advice="name one of these")


def _of(application: str, name: str) -> pd.DataFrame:
    frame = table(name)
    return frame[frame["application"] == application].reset_index(drop=True)


def _chosen_configurations(
    application: str, configurations: Mapping[str, Collection[str]], frame_rates: Collection[float] | None
) -> pd.DataFrame:
    """Return the configurations kept, per-frame ones expanded; column `base` holds the catalogue's name."""
    frame = _of(application, "configurations")
    for operator, kept in configurations.items():
        frame = frame[(frame["operator"] != operator) | frame["configuration"].isin(list(kept))]
    if frame_rates is not None:
        frame = frame[frame["frames_per_s"].isna() | frame["frames_per_s"].isin(list(frame_rates))]
    frame = frame.assign(base=frame["configuration"], origin=origin(frame))
    role = _of(application, "operators").set_index("operator")["frame_rate"]
    follows = frame["operator"].map(role) == "follows"
    rates = sorted(frame.loc[frame["operator"].map(role) == "sets", "frames_per_s"].unique())
    expanded = [
        frame[follows].assign(
            configuration=frame.loc[follows, "configuration"] + f"@{rate:g}fps", calls=rate, frames_per_s=rate
        )
        for rate in rates
    ]
    return pd.concat([frame[~follows], *expanded], ignore_index=True)


def _profiles(application: str, chosen: pd.DataFrame, hardware: Collection[str] | None) -> pd.DataFrame:
    rows = _of(application, "profiles")
    if hardware is not None:
        rows = rows[rows["hardware"].isin(list(hardware))]
    rows = rows.assign(
        origin=origin(rows),
        busy_ms=rows["busy_ms"].fillna(rows["latency_ms"] * rule("busy_per_latency")),
        share=rows["share"].fillna(1.0),
        base=rows["configuration"],
    )
    rows = chosen[["operator", "configuration", "base", "calls"]].merge(
        rows.drop(columns="configuration"), on=["operator", "base"]
    )
    # A batch is formed within one query: it waits to fill, and needs the rate that fills it in time.
    fill_ms = rule("batch_fill_ms")
    batched = rows["batch"].notna()
    rows.loc[batched, "latency_ms"] = (rows["latency_ms"] + fill_ms).round(4)
    rows["min_rate_rps"] = (rows["batch"] / rows["calls"] / (fill_ms / 1000)).round(3)
    rows["memory_gb"] = _memory(application, rows)
    columns = ["operator", "configuration", "hardware", "allocation", "latency_ms", "busy_ms", "share", "memory_gb"]
    return rows[[*columns, "min_rate_rps", "origin", "batch"]]


def _memory(application: str, rows: pd.DataFrame) -> pd.Series[float]:
    """Return each row's memory, GB; the configuration "*" of the catalogue stands for all of an operator."""
    known = _of(application, "memory").set_index(["operator", "configuration"])["memory_gb"]
    own = pd.MultiIndex.from_frame(rows[["operator", "base"]])
    any_of = pd.MultiIndex.from_arrays([rows["operator"], ["*"] * len(rows)])
    found = pd.Series(known.reindex(own).to_numpy(), index=rows.index)
    return found.fillna(pd.Series(known.reindex(any_of).to_numpy(), index=rows.index))


def _accuracy(application: str, chosen: pd.DataFrame) -> pd.DataFrame:
    rows = _of(application, "accuracy").assign(origin=lambda frame: origin(frame))
    base_names = chosen.groupby("operator")["base"].agg(set)
    kept = [
        all(c in base_names.get(o, set()) for o, c in zip(_split(ops), _split(configs), strict=True))
        for ops, configs in zip(rows["operators"], rows["configurations"], strict=True)
    ]
    rows = rows[kept]
    single = chosen[["operator", "base", "configuration"]].rename(columns={"operator": "operators"})
    expanded = rows.merge(single, left_on=["operators", "configurations"], right_on=["operators", "base"], how="left")
    expanded["configurations"] = expanded["configuration"].fillna(expanded["configurations"])
    return expanded[["factor", "operators", "configurations", "accuracy", "origin"]]


def _video_pairs(operators: pd.DataFrame, edges: pd.DataFrame, chosen: pd.DataFrame) -> list[pd.DataFrame]:
    """Tie neighbouring operators of one frame rate; a model needs a stream as wide as its input."""
    role = operators.set_index("operator")["frame_rate"]
    columns = ["operator", "configuration", "frames_per_s", "width_px"]
    pairs = []
    for producer, consumer in zip(edges["from_operator"], edges["to_operator"], strict=True):
        if role[producer] and role[consumer] == "follows":
            left = chosen.loc[chosen["operator"] == producer, columns]
            right = chosen.loc[chosen["operator"] == consumer, columns]
            both = left.merge(right.add_prefix("other_"), left_on="frames_per_s", right_on="other_frames_per_s")
            pairs.append(both[~(both["other_width_px"] > both["width_px"])])
    return pairs


def _measured_pairs(chosen: pd.DataFrame, accuracy: pd.DataFrame) -> list[pd.DataFrame]:
    """Allow the measured pairs of each joint accuracy factor that was not measured for all."""
    pairs = []
    joint = accuracy[accuracy["operators"].str.contains(LIST_SEPARATOR, regex=False)]
    count = chosen.groupby("operator")["configuration"].size()
    for operators in joint["operators"].unique():
        rows = joint[joint["operators"] == operators]
        first, second = _split(operators)
        if len(rows) < count[first] * count[second]:
            both = rows["configurations"].str.split(LIST_SEPARATOR, expand=True)
            pair = {"operator": first, "configuration": both[0]}
            pairs.append(pd.DataFrame(pair | {"other_operator": second, "other_configuration": both[1]}))
    return pairs


def _split(names: str) -> list[str]:
    return names.split(LIST_SEPARATOR)

"""Lists the plans of one template, operator by operator, in the order of their options.

The search goes deep first: a partial plan takes an option of the next operator, in every way that can still
succeed, before the next partial plan is looked at. So plans come out in the same order as from
`problem.plan_table.enumerate_plans`, whose result this is, and only one partial plan per operator is in memory.

Kernels that call each other stay in this file: numba's cache looks at one file only.
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

Int = npt.NDArray[np.int64]

NONE = -1
"""No leg, no input from the source, no sink."""

CONFIGURATION, BYTES, LATENCY, BUSY, ROW, COST, BILLED, MIN_RATE, SITE = range(9)
"""Columns of the table of a template's options."""

FULL, DONE = -2, -1
"""What `list_template` returns instead of the operator at which there are too many partial plans."""


@numba.njit(cache=True, nogil=True)
def _with_entry(rows: Int, amounts: Int, first: int, length: int, row: int, amount: int) -> int:
    """Add an entry to a list sorted by row, which begins at `first`; returns the list's new length."""
    place = first + length
    while place > first and rows[place - 1] > row:
        place -= 1
    if place > first and rows[place - 1] == row:
        amounts[place - 1] += amount
        return length
    for moved in range(first + length, place, -1):
        rows[moved], amounts[moved] = rows[moved - 1], amounts[moved - 1]
    rows[place], amounts[place] = row, amount
    return length + 1


@numba.njit(cache=True, nogil=True)
def _with_leg(
    rows: Int, amounts: Int, first: int, length: int, leg: int, amount: int, leg_start: Int, leg_row: Int
) -> int:
    """Add what a transfer sends over the links of its leg."""
    for place in range(leg_start[leg], leg_start[leg + 1]):
        length = _with_entry(rows, amounts, first, length, leg_row[place], amount)
    return length


@numba.njit(cache=True, nogil=True)
def _first_at_least(column: Int, first: int, end: int, value: int) -> int:
    """Place of the first of ascending values that is at least `value`."""
    while first < end:
        middle = (first + end) // 2
        if column[middle] < value:
            first = middle + 1
        else:
            end = middle
    return first


@numba.njit(cache=True, nogil=True)
def _leg_figures(leg_start: Int, leg_link: Int, of_link: Int) -> Int:
    """Sum figures of links, shape (links, sizes), over the links of every leg; shape (legs, sizes)."""
    total = np.zeros((len(leg_start) - 1, of_link.shape[1]), dtype=np.int64)
    for leg in range(len(total)):
        for place in range(leg_start[leg], leg_start[leg + 1]):
            for size in range(of_link.shape[1]):  # scalar loops: numba takes seconds to compile sums of arrays
                total[leg, size] += of_link[leg_link[place], size]
    return total


@numba.njit(cache=True, nogil=True)
def _least_to_come(option_start: Int, options: Int, edge_producer: Int, edge_start: Int) -> tuple[Int, Int]:
    """Least latency and cost that the operators after each position add to any plan."""
    operators = len(option_start) - 1
    latency, cost = np.zeros(operators, dtype=np.int64), np.zeros(operators, dtype=np.int64)
    for consumer in range(operators - 1, -1, -1):
        own_latency, own_cost = 0, 0
        for k in range(option_start[consumer], option_start[consumer + 1]):
            is_first = k == option_start[consumer]
            own_latency = options[k, LATENCY] if is_first else min(own_latency, options[k, LATENCY])
            own_cost = options[k, COST] if is_first else min(own_cost, options[k, COST])
        for edge in range(edge_start[consumer], edge_start[consumer + 1]):
            producer = edge_producer[edge]
            latency[producer] = max(latency[producer], own_latency + latency[consumer])
        if consumer:
            cost[consumer - 1] = own_cost + cost[consumer]
    return latency, cost


@numba.njit(cache=True, nogil=True)
def list_template(
    template: tuple[Int, ...],
    options: Int,
    application: tuple[Int, ...],
    compatible: tuple[Int, ...],
    factors: tuple[Int, ...],
    link_latency: Int,
    link_cost: Int,
    capacity: Int,
    limits: Int,
    choices: Int,
    figures: tuple[Int, ...],
    needs: Int,
    number: int,
) -> tuple[int, int]:
    """List the plans of a template.

    Parameters
    ----------
    template : tuple of arrays
        option_start : (operators + 1,)
            Options of the operator at position p are ``option_start[p]:option_start[p + 1]``, sorted by configuration.
        option : (options,)
            Their global numbers.
        leg_of : (sites x sites,)
            Leg from one of the template's sites to another; `NONE` where there is no route.
        leg_start, leg_link, leg_row
            Links of every leg, and the row (or, after the rows, the own pool or link) that each loads.
        most : (operators,)
            Largest number of partial plans that end at each operator.
    options : (options, 9)
        Figures of the options, by the constants above; `BYTES` is an index into `sizes`.
    application : tuple of arrays
        edge_start : (operators + 1,)
            Edges that end at each position.
        edge_producer : (edges,)
        input_size : (operators,)
            Size of what the source sends, `NONE` for operators with predecessors.
        leaf : (operators,)
        rest_nano_nats : (operators,)
            The least that factors add which end after each position.
        sizes : (sizes,)
            Numbers of bytes that are sent.
        place : (configurations,)
            Of each configuration among its operator's.
    compatible : tuple of arrays
        Pairs by the position of their second operator: start (operators + 1,), first, width, table and the flat
        tables' cells; configuration i of the first and j of the second go together if ``cells[table + i width + j]``.
    factors : tuple of arrays
        Members by position: start (operators + 1,), member; and of every member: previous (`NONE`: the first),
        column, length (of its factor's table), nano_nats (`NONE`: not the last); and the flat columns and nano-nats.
        A factor's table is sorted, so what goes with the first members stands together.
    link_latency, link_cost : (links, sizes)
    capacity : (rows + own pools and links,)
        Of rows, then of what is the query's own.
    limits : (8,)
        Latency, nano-nats and cost that the loosest SLOs allow; number of rows; largest rate asked for; source,
        sink (`NONE` if there is none) and number of sites of the template.
    choices, figures, needs
        Written to: of the plans from `number` on, as in `PlanArrays`; figures are alone_rate, billed_cost and
        usage_end (plans,), row and amount (entries,).
    number : int
        Plans that are there already.

    Returns
    -------
    int
        Position at which there are too many partial plans; `DONE`, or `FULL` if there is no room for the plans.
    int
        Number of plans with the new ones.
    """
    option_start, option, leg_of, leg_start, leg_link, leg_row, most = template
    edge_start, edge_producer, input_size, leaf, rest_nano_nats, sizes, place_of = application
    pair_start, pair_first, pair_width, pair_table, pair_cells = compatible
    visit_start, visit_member, previous, column, length, nano_nats, columns, cells = factors
    alone_rate, billed_cost, usage_end, usage_row, usage_amount = figures
    slo_latency, slo_nano_nats, slo_cost, num_rows, most_rate, source, sink, num_sites = limits
    operators, no_limit = len(option_start) - 1, np.iinfo(np.int64).max

    leg_latency, leg_cost = (
        _leg_figures(leg_start, leg_link, link_latency),
        _leg_figures(leg_start, leg_link, link_cost),
    )
    rest_latency, rest_cost = _least_to_come(option_start, options, edge_producer, edge_start)
    longest = 0
    for leg in range(len(leg_start) - 1):
        longest = max(longest, leg_start[leg + 1] - leg_start[leg])
    # Entries that a plan has at most.
    width = operators + longest * (len(edge_producer) + 2 * operators)

    # What depends on an option's site, or on its configuration, is computed once per partial plan before it.
    arrival, arrival_cost = np.empty((operators, num_sites), np.int64), np.empty((operators, num_sites), np.int64)
    reached_nano_nats = np.empty(len(options), dtype=np.int64)  # at the first option of a configuration
    next_configuration = np.empty(len(options), dtype=np.int64)
    has_site = np.zeros((operators, num_sites), dtype=np.bool_)
    for position in range(operators):
        end = option_start[position + 1]
        after = end
        for k in range(end - 1, option_start[position] - 1, -1):
            if k + 1 < end and options[k, CONFIGURATION] != options[k + 1, CONFIGURATION]:
                after = k + 1
            next_configuration[k] = after
            has_site[position, options[k, SITE]] = True

    # Of the partial plan that ends at each position.
    cursor, chosen = np.empty(operators, np.int64), np.empty(operators, np.int64)
    finish, spent = np.empty(operators, np.int64), np.empty(operators + 1, np.int64)
    gained, nats = np.empty(operators + 1, np.int64), np.empty(operators + 1, np.int64)
    latest, least_rate = np.empty(operators + 1, np.int64), np.empty(operators + 1, np.int64)
    routed = np.empty(operators + 1, dtype=np.bool_)
    ending = np.zeros(operators, np.int64)
    rows, amounts = np.empty(operators * width, np.int64), np.empty(operators * width, np.int64)
    lengths = np.zeros(operators + 1, np.int64)
    spent[0], gained[0], nats[0], latest[0], least_rate[0], routed[0] = 0, 0, 0, 0, 0, True
    range_first, range_end = np.empty(len(previous), np.int64), np.empty(len(previous), np.int64)

    # Partial plans are counted, so that what was merged for another one is told apart.
    partial, num_partial, merged_for = np.zeros(operators, np.int64), 0, np.zeros(num_sites, np.int64)
    merged_rows, merged_amounts = np.empty(num_sites * width, np.int64), np.empty(num_sites * width, np.int64)
    merged_length = np.zeros(num_sites, np.int64)

    entries = usage_end[number - 1] if number else 0
    failed, depth, end_depth, is_new = DONE, 0, operators, True
    while depth >= 0:
        if is_new:  # look at sites and configurations after the partial plan that ends before `depth`
            is_new = False
            num_partial += 1
            cursor[depth], partial[depth] = option_start[depth], num_partial
            for site in range(num_sites):
                if not has_site[depth, site]:
                    continue
                time, cost = 0, 0
                if input_size[depth] != NONE:
                    leg = leg_of[source * num_sites + site]
                    if leg == NONE:
                        time = NONE
                    else:
                        time = leg_latency[leg, input_size[depth]]
                        cost = leg_cost[leg, input_size[depth]]
                for edge in range(edge_start[depth], edge_start[depth + 1]):
                    sender = chosen[edge_producer[edge]]
                    leg = leg_of[options[sender, SITE] * num_sites + site]
                    if leg == NONE or time == NONE:
                        time = NONE
                        break
                    time = max(time, finish[edge_producer[edge]] + leg_latency[leg, options[sender, BYTES]])
                    cost += leg_cost[leg, options[sender, BYTES]]
                arrival[depth, site], arrival_cost[depth, site] = time, cost
            k = option_start[depth]
            while k < option_start[depth + 1]:
                place, total = place_of[options[k, CONFIGURATION]], nats[depth]
                for pair in range(pair_start[depth], pair_start[depth + 1]):
                    first = place_of[options[chosen[pair_first[pair]], CONFIGURATION]]
                    if not pair_cells[pair_table[pair] + first * pair_width[pair] + place]:
                        total = NONE
                        break
                if total != NONE:
                    for visit in range(visit_start[depth], visit_start[depth + 1]):
                        member = visit_member[visit]
                        if nano_nats[member] != NONE:
                            first, end = 0, length[member]
                            if previous[member] != NONE:
                                first, end = range_first[previous[member]], range_end[previous[member]]
                            base, value = column[member], options[k, CONFIGURATION]
                            where = _first_at_least(columns, base + first, base + end, value) - base
                            if where < end and columns[base + where] == value:  # others are forbidden elsewhere
                                total += cells[nano_nats[member] + where]
                    if total + rest_nano_nats[depth] > slo_nano_nats:
                        total = NONE
                reached_nano_nats[k] = total
                k = next_configuration[k]
        k = cursor[depth]
        if k >= option_start[depth + 1] or depth >= end_depth:
            depth -= 1
            continue
        if k == option_start[depth] or options[k, CONFIGURATION] != options[k - 1, CONFIGURATION]:
            if reached_nano_nats[k] == NONE:
                cursor[depth] = next_configuration[k]
                continue
            nats[depth + 1] = reached_nano_nats[k]
        cursor[depth] = k + 1
        site = options[k, SITE]
        if arrival[depth, site] == NONE:
            continue
        done = arrival[depth, site] + options[k, LATENCY]
        cost = spent[depth] + arrival_cost[depth, site] + options[k, COST]
        if done + rest_latency[depth] > slo_latency or cost + rest_cost[depth] > slo_cost:
            continue
        ending[depth] += 1
        if ending[depth] > most[depth]:  # no more is listed; whether there are too many even before is still counted
            failed = end_depth = depth
            continue
        if depth == end_depth - 1 and failed != DONE:
            continue
        chosen[depth], finish[depth], spent[depth + 1] = k, done, cost
        least_rate[depth + 1] = max(least_rate[depth], options[k, MIN_RATE])
        # The way to the sink counts in the plan's figures, not in what a partial plan is judged by.
        gained[depth + 1] = gained[depth] + options[k, BILLED] - options[k, COST]
        routed[depth + 1] = routed[depth]
        onward = NONE
        size = options[k, BYTES]
        if sink != NONE and leaf[depth]:
            onward = leg_of[site * num_sites + sink]
            if onward == NONE:
                routed[depth + 1] = False
            else:
                done += leg_latency[onward, size]
        latest[depth + 1] = max(latest[depth], done)

        # Usage: what the operators before use, and what this one adds.
        is_last = depth == operators - 1
        if is_last:
            if not routed[operators]:
                continue
            if number == len(choices) or entries + width > len(usage_row):
                return FULL, number
            into_rows, into_amounts, first = usage_row, usage_amount, entries
        else:
            into_rows, into_amounts, first = rows, amounts, depth * width
        # Up to the transfers that arrive, options at one site share their entries.
        if merged_for[site] != partial[depth]:
            merged_for[site] = partial[depth]
            begin, used = site * width, lengths[depth]
            for entry in range(used):
                merged_rows[begin + entry] = rows[(depth - 1) * width + entry]
                merged_amounts[begin + entry] = amounts[(depth - 1) * width + entry]
            if input_size[depth] != NONE:
                leg, sent = leg_of[source * num_sites + site], sizes[input_size[depth]]
                used = _with_leg(merged_rows, merged_amounts, begin, used, leg, sent, leg_start, leg_row)
            for edge in range(edge_start[depth], edge_start[depth + 1]):
                sender = chosen[edge_producer[edge]]
                leg, sent = leg_of[options[sender, SITE] * num_sites + site], sizes[options[sender, BYTES]]
                used = _with_leg(merged_rows, merged_amounts, begin, used, leg, sent, leg_start, leg_row)
            merged_length[site] = used
        used = merged_length[site]
        for entry in range(used):
            into_rows[first + entry] = merged_rows[site * width + entry]
            into_amounts[first + entry] = merged_amounts[site * width + entry]
        used = _with_entry(into_rows, into_amounts, first, used, options[k, ROW], options[k, BUSY])
        if onward != NONE:
            used = _with_leg(into_rows, into_amounts, first, used, onward, sizes[size], leg_start, leg_row)

        if not is_last:
            lengths[depth + 1] = used
            for visit in range(visit_start[depth], visit_start[depth + 1]):
                member = visit_member[visit]
                begin, end = 0, length[member]
                if previous[member] != NONE:
                    begin, end = range_first[previous[member]], range_end[previous[member]]
                base, value = column[member], options[k, CONFIGURATION]
                range_first[member] = _first_at_least(columns, base + begin, base + end, value) - base
                range_end[member] = _first_at_least(columns, base + begin, base + end, value + 1) - base
            depth += 1
            is_new = True
            continue

        rate, own_rate = most_rate, no_limit
        while used and into_rows[first + used - 1] >= num_rows:  # the query's own pools and links stand last
            used -= 1
            if into_amounts[first + used]:
                own_rate = min(own_rate, capacity[into_rows[first + used]] // into_amounts[first + used])
        for entry in range(first, first + used):
            # Most rows bind nobody: a product in floats, well below the capacity, saves the division.
            if np.float64(into_amounts[entry]) * rate >= 0.999 * capacity[into_rows[entry]] and into_amounts[entry]:
                rate = min(rate, capacity[into_rows[entry]] // into_amounts[entry])
        to_sink = 0
        if sink != NONE:
            for position in range(operators):
                if leaf[position]:
                    sender = chosen[position]
                    leg = leg_of[options[sender, SITE] * num_sites + sink]
                    to_sink += leg_cost[leg, options[sender, BYTES]]
        for position in range(operators):
            choices[number, position] = option[chosen[position]]
        for position in range(operators, choices.shape[1]):
            choices[number, position] = NONE
        needs[number, 0], needs[number, 1], needs[number, 2] = -own_rate, least_rate[operators], nats[operators]
        needs[number, 3], needs[number, 4] = latest[operators], cost + to_sink
        alone_rate[number], billed_cost[number] = rate, cost + to_sink + gained[operators]
        entries += used
        usage_end[number] = entries
        number += 1
    return failed, number


def compile_listing() -> None:
    """Compile `list_template`, or read it from numba's cache: a template of one operator without options."""
    none, zero = np.zeros(0, dtype=np.int64), np.zeros(1, dtype=np.int64)
    start, table = np.zeros(2, dtype=np.int64), np.zeros((0, 1), dtype=np.int64)
    list_template(
        (start, none, zero, zero, none, none, zero),
        np.zeros((0, 9), dtype=np.int64),
        (start, none, zero, zero, zero, zero, none),
        (start, none, none, none, none),
        (start, *(none for _ in range(7))),
        table,
        table,
        none,
        (0, 0, 0, 0, 0, 0, NONE, 1),
        table,
        (none, none, none, none, none),
        table,
        0,
    )

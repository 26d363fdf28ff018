"""Decomposition: many queries split into one subproblem each, coordinated by row prices, with a proof of how good."""

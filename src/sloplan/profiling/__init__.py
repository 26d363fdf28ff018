"""The selective profiler: how accurate and how fast an application's configurations are, from as few runs as decide.

A reconstruction from what is publicly known of the plan profiler of Circinus (arXiv 2504.16397) and Compass.
"""

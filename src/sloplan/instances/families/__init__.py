"""Families of generated instances, named by a spec such as ``edge-cloud:queries=1000,seed=3``."""

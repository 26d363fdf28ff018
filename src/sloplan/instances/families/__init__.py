"""Families of generated instances: one module each, named by a spec such as ``edge-cloud:queries=1000,seed=3``."""

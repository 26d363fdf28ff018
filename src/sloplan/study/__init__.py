"""Studies: any methods on any instances, measured in one way."""

"""Plan selections from elsewhere: published text formats, and the generators of the published test sets."""

"""The per-query subproblem: the plans of every template, and the best of them at given prices."""

"""What can be left out of an instance before anybody solves it, and why a query has no plan."""

"""Where instances come from: the catalogue of published profiles, families of instances, the library."""

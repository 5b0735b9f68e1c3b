"""A project that uses the client: its types are checked, and it is run."""

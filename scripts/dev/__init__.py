"""What serves development: a sandbox, the demo, the bench, environments."""

"""What our own code costs, beside bare httpx and the generated code alone: `make bench`."""

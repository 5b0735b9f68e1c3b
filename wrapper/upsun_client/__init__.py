"""Python client for the Upsun REST API."""

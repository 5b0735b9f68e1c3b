"""What holds for every test."""

import signal

import pytest
from hypothesis import HealthCheck, settings

# No test asserts a duration, hypothesis's own deadline included, nor how slow a machine may be.
# Its examples share the fixtures of their test.
CHECKS = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
settings.register_profile("project", deadline=None, suppress_health_check=CHECKS)
settings.load_profile("project")

# A shell starts what runs in the background with SIGINT ignored, and children inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take long, so that no worker is left alone with one of them."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)

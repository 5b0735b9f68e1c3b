"""What holds for every test."""

from hypothesis import settings

# No test asserts a duration, hypothesis's own deadline included.
settings.register_profile("project", deadline=None)
settings.load_profile("project")

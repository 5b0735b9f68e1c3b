"""What holds for every test."""

import signal

from hypothesis import settings

# No test asserts a duration, hypothesis's own deadline included.
settings.register_profile("project", deadline=None)
settings.load_profile("project")

# A shell starts what runs in the background with SIGINT ignored, and children inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

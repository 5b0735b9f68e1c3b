"""Programs that run beside a test."""

import os
import sys
from subprocess import PIPE, Popen


def python(*arguments: str, **env: str) -> Popen[str]:
    """Start a program in this Python, and with more in its environment."""
    command, whole = [sys.executable, *arguments], os.environ | env
    return Popen(command, env=whole, stdout=PIPE, stderr=PIPE, text=True)

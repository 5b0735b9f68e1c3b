"""The HTTP library below, in one place for the day when it becomes another one."""

import httpx

__all__ = ["httpx"]

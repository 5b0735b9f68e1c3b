"""The HTTP library below, in one place for the day when it becomes another one."""

import httpx as httpx  # noqa: PLC0414 - re-exported

"""The generator as this project uses it."""

NAME = "openapi-python-client"
# The HTTP library of what it generates; our templates, and the wrapper, have to use the same.
HTTP = "httpx"

# DO NOT EDIT. Made by `make generate` from spec/ with openapi-python-client 0.29.1.
"""A client library for accessing Upsun REST API"""

from .client import AuthenticatedClient, Client

__all__ = (
    "AuthenticatedClient",
    "Client",
)

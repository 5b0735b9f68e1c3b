# DO NOT EDIT. Made by `make generate` from spec/ with openapi-python-client 0.29.1.
"""Contains endpoint functions for accessing the API"""

# DO NOT EDIT. Made by `make generate` from spec/ with openapi-python-client 0.29.1.
"""Contains methods for accessing the API"""

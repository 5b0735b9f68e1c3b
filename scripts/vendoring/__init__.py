"""Copies of both packages in other repositories: written, described, checked."""

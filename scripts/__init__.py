"""The pipeline and the project's own tools; nothing here is shipped."""

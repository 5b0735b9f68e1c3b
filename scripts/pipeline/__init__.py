"""From the published document to generated/: each stage a function, only the last one writes."""

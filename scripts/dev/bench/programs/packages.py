"""Print the name and version of every package that the programs may import."""

import json
from importlib.metadata import distributions

print(json.dumps({each.name: each.version for each in distributions()}))

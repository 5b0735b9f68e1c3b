"""`make generate`: rebuild generated/ from spec/, offline."""

from scripts.pipeline import program
from scripts.pipeline.generate import offline

if __name__ == "__main__":
    program.main("generate", lambda _, repo: offline(repo))

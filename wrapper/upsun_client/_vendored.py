"""Is this vendored copy untouched? ``python -m <parent>.upsun_client._vendored`` exits 0 if so."""

import hashlib
import json
import os
import sys
from pathlib import Path

MANIFEST = "upsun_client/_vendored.json"
PACKAGES = ("upsun_api", "upsun_client")


def digest(content: bytes) -> str:
    """Hash the content of a file, whose line ends git may have changed."""
    return hashlib.sha256(content.replace(b"\r\n", b"\n")).hexdigest()


def changes(root: Path, written: dict[str, str]) -> dict[str, str]:
    """Tell what became of each file below ``root`` that has not the digest it was written with."""
    found: dict[str, str] = {}
    for package in PACKAGES:
        for where, folders, files in os.walk(root / package):
            folders[:] = [name for name in folders if name != "__pycache__"]
            links = [name for name in folders if Path(where, name).is_symlink()]
            for path in (Path(where, name) for name in files + links):
                plain = path.is_file() and not path.is_symlink()
                found[path.relative_to(root).as_posix()] = (
                    digest(path.read_bytes()) if plain else ""
                )
    found.pop(MANIFEST, None)
    return {
        name: "added" if name not in written else "edited" if name in found else "lost"
        for name in sorted(found.keys() | written.keys())
        if found.get(name) != written.get(name)
    }


def main() -> str | None:  # pragma: no cover - tests run it as a program, in a copy
    """Check the copy that this file is part of; return what is wrong with it."""
    root = Path(__file__).resolve().parent.parent
    try:
        manifest = json.loads((root / MANIFEST).read_bytes())
        told = changes(root, manifest["files"])
        name = f"upsun-client {manifest['version']}"
    except FileNotFoundError:
        return f"this is not a vendored copy: there is no {root / MANIFEST}"
    except (AttributeError, KeyError, OSError, TypeError, ValueError) as error:
        return f"{root / MANIFEST} cannot be read ({error}); vendor again"
    for path, what in told.items():
        print(path, what)
    if not told:
        print(f"{name} in {root} is untouched")
    return f"{name} in {root} is not as it was written" if told else None


if __name__ == "__main__":  # pragma: no cover - so is this
    sys.exit(main())

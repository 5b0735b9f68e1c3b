"""Is it valid OpenAPI? What openapi-spec-validator says, in one line.

It is asked in a process of its own, beside the generator: it takes half as long, and has no part
in the result.
"""

import gc
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from subprocess import PIPE, STDOUT
from typing import Any

from scripts.pipeline.errors import PipelineError
from scripts.pipeline.repo import ROOT
from scripts.pipeline.walk import Node, format_path

_LONGEST = 200
# Seconds that it may take longer than the generator; with the whole API it is done before.
PATIENCE = 60


@contextmanager
def validated(document: Node) -> Iterator[None]:
    """Validate a document while it is worked on; its fault goes before what came of it.

    Raises:
        PipelineError: When it is not valid, and it names the place; when that takes for ever.
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8") as file:
        json.dump(document, file)
        file.seek(0)
        command = [sys.executable, "-m", __name__]
        with subprocess.Popen(command, cwd=ROOT, stdin=file, stdout=PIPE, stderr=STDOUT) as worker:
            try:
                yield
            except PipelineError:
                _tell(worker)
                raise
            else:
                _tell(worker)
            finally:
                worker.kill()


def _tell(worker: subprocess.Popen[bytes]) -> None:
    try:
        said = worker.communicate(timeout=PATIENCE)[0].decode(errors="backslashreplace").strip()
    except subprocess.TimeoutExpired as error:
        told = f"the validator is not done after {PATIENCE} s: correct allOf that multiplies"
        raise PipelineError(told) from error
    if worker.returncode:
        raise PipelineError(f"the validator broke down: {said.rpartition(chr(10))[2][:_LONGEST]}")
    if said:
        raise PipelineError(
            f"the document is not valid OpenAPI: {said}; correct it in spec/overlay.yaml"
        )


def fault(document: Node) -> str:
    """Say what is wrong with a document, and where; nothing when it is valid."""
    # Half a second to import, in the process that needs it.
    from openapi_spec_validator.shortcuts import get_validator_cls  # noqa: PLC0415

    try:
        error = next(iter(get_validator_cls(document)(document).iter_errors()), None)
    except RecursionError:
        return "a schema is made of itself"
    if error is None:
        return ""
    while error.context:
        error = max(error.context, key=_likeness)
    place = format_path(tuple(error.absolute_path))
    return ": ".join(filter(None, (place, " ".join(error.message.split())[:_LONGEST])))


def _likeness(error: Any) -> tuple[bool, bool, int]:
    """Say how likely it is, of reasons why something is none of several kinds, the one meant."""
    is_other_kind = error.validator == "enum" and len(error.validator_value) == 1
    return not is_other_kind, "'$ref'" not in error.message, len(error.absolute_path)


if __name__ == "__main__":
    gc.disable()
    sys.modules["requests"] = None  # type: ignore[assignment]  # slow, and no reference is a URL
    sys.stdout.buffer.write(fault(json.load(sys.stdin)).encode(errors="backslashreplace"))

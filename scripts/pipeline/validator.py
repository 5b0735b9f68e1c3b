"""Is it valid OpenAPI? What openapi-spec-validator says, in one line.

It is asked in a fork, beside the generator: it takes half as long, and has no part in the result.
"""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import Pipe, get_context
from multiprocessing.connection import Connection
from types import SimpleNamespace
from typing import Any

from scripts.pipeline.errors import PipelineError, translate_errors
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
    said, saying = Pipe(duplex=False)
    worker = get_context("fork").Process(target=_work, args=(document, saying))
    worker.start()
    saying.close()
    try:
        yield
    except PipelineError:
        _tell(said)
        raise
    else:
        _tell(said)
    finally:
        worker.kill()
        worker.join()


def _work(document: Node, saying: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who waits is told
    sys.modules["requests"] = None  # type: ignore[assignment]  # slow, and no reference is a URL
    saying.send(fault(document))


def _tell(said: Connection) -> None:
    if not said.poll(PATIENCE):
        told = f"the validator is not done after {PATIENCE} s: correct allOf that multiplies"
        raise PipelineError(told)
    with translate_errors("the validator was killed; is there memory for it?", EOFError):
        found = said.recv()
    if found:
        told = f"the document is not valid OpenAPI: {found}; correct it in spec/overlay.yaml"
        raise PipelineError(told)


def fault(document: Node) -> str:
    """Say what is wrong with a document, and where; nothing when it is valid."""
    # Half a second to import, in the process that needs it.
    from openapi_spec_validator.shortcuts import get_validator_cls  # noqa: PLC0415

    validator = get_validator_cls(document)(document)
    schemas = validator.keyword_validators_registry["schema"]
    schemas.__class__ = type("_Placed", (type(schemas),), {"__call__": _placed})
    try:
        error = next(iter(validator.iter_errors()), None)
    except RecursionError:
        return "a schema is made of itself"
    except Exception as error:  # noqa: BLE001 - of whatever kind
        return f"the validator broke down over it ({type(error).__name__}: {error!s:.{_LONGEST}})"
    if error is None:
        return ""
    while error.context:
        error = max(error.context, key=_likeness)
    place = format_path(tuple(error.absolute_path))
    return ": ".join(filter(None, (place, " ".join(error.message.split())[:_LONGEST])))


def _placed(self: Any, schema: Any, *rest: Any, **named: Any) -> Iterator[Any]:
    """Check a schema, and say where that is; by itself it says where in it a fault is."""
    for error in super(type(self), self).__call__(schema, *rest, **named):
        error.parent = error.parent or SimpleNamespace(absolute_path=schema.parts)
        yield error


def _likeness(error: Any) -> tuple[bool, bool, int]:
    """Say how likely it is, of reasons why something is none of several kinds, the one meant."""
    is_other_kind = error.validator == "enum" and len(error.validator_value) == 1
    return not is_other_kind, "'$ref'" not in error.message, len(error.absolute_path)

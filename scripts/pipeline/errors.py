"""The one error that ends a run of the pipeline with a sentence instead of a traceback."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import TextIOWrapper

INTERRUPTED = 128 + signal.SIGINT
CLOSED = 128 + signal.SIGPIPE


class PipelineError(Exception):
    """Raised when a stage cannot go on; the message says what happened, where, and what to do."""


@contextmanager
def translate_errors(told: str, *kinds: type[Exception]) -> Iterator[None]:
    """Say what an exception of some kinds means, and add its own words.

    Raises:
        PipelineError: In its stead.
    """
    try:
        yield
    except kinds as error:
        raise PipelineError(f"{told} ({error})") from error


def run(name: str, main: Callable[[], int]) -> int:
    """Run `main` and turn what people can cause into one line on stderr.

    Returns:
        The exit code: that of `main`, 1 after an error, 130 after an interruption, 141 when what
        reads the output has gone.
    """
    if isinstance(sys.stdout, TextIOWrapper):
        # As stderr does by itself: no name of an operation is worth a failure.
        sys.stdout.reconfigure(errors="backslashreplace")
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        code = main()
        print(end="", flush=True)
    except BrokenPipeError:
        # As of `| head`: nobody reads on. Python would complain once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CLOSED
    except PipelineError as error:
        message = str(error)
    except KeyboardInterrupt as error:
        # What became of a change is known where it was made.
        print("; ".join(filter(None, (f"{name}: interrupted", str(error)))), file=sys.stderr)
        return INTERRUPTED
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        message = f"{error.strerror or error}{where}; free the disk or fix the permissions"
    except MemoryError:
        message = "out of memory; the document is too large for this machine"
    else:
        return code
    print(f"{name}: {' '.join(message.split())}", file=sys.stderr)
    return 1

"""The pipeline and the project's own tools; nothing here is shipped."""

import signal
import sys

if sys.argv[0] == "-m" and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    # A target that is interrupted while it still imports has no traceback to show.
    signal.signal(signal.SIGINT, signal.SIG_DFL)

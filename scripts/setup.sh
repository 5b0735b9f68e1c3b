#!/bin/sh
# Make .venv with everything the project needs; do nothing when it is there already.
# usage: scripts/setup.sh [interpreter]   (none: keep the one .venv has, else python3)
set -eu
cd "$(dirname "$0")/.."
venv=.venv
stamp=$venv/.complete

die() { echo "setup: $*" >&2; exit 1; }

# A pyenv shim answers for versions that are not switched on; then ask pyenv for the interpreter.
interpreter() {
    if "$1" -c '' 2>/dev/null; then command -v "$1"; return; fi
    root=${PYENV_ROOT:-$HOME/.pyenv}
    for candidate in "$root"/versions/*/bin/"$1"; do
        if [ -x "$candidate" ]; then echo "$candidate"; return; fi
    done
    return 1
}

# Where .venv is: one that was moved or copied still runs the code, and the scripts, of the old place.
place() { (cd $venv && pwd -P); }

asked=${1:-}
# Nothing asked for, nothing changed: every target comes by here, so without starting a Python.
if [ -z "$asked" ] && [ -x $venv/bin/python ] && [ $stamp -nt pyproject.toml ] && [ $stamp -nt scripts/setup.sh ] &&
    IFS= read -r made_in < $stamp && [ "$made_in" = "$(place)" ]; then exit 0; fi

# Of two at once the second waits, if there is a Python to wait with, and finds all done.
mkdir -p .work
exec 9> .work/setup
python3 -c 'import fcntl; fcntl.flock(9, fcntl.LOCK_EX)' 2>/dev/null || true

if [ -z "$asked" ] && [ -x $venv/bin/python ]; then
    python=$venv/bin/python
else
    python=$(interpreter "${asked:-python3}") || die "no interpreter '${asked:-python3}' here; choose one with PYTHON=python3.12"
fi
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
    die "Python 3.11 or newer is needed, '$python' is older; choose one with PYTHON=python3.12"

# What decides the content of .venv: the interpreter, and of pyproject.toml what is installed.
want=$("$python" -c '
import sys, tomllib
project = tomllib.load(open("pyproject.toml", "rb"))
print(sys.version, project["build-system"], project["project"], project["dependency-groups"], project["tool"]["hatch"])
') || die "cannot read pyproject.toml"
state() { place; echo "$want"; }
if [ -f $stamp ] && [ "$(cat $stamp)" = "$(state)" ]; then touch $stamp; exit 0; fi

echo "setup: making $venv with $("$python" -V 2>&1) (about a minute, once)"
# A venv cannot rebuild itself with its own interpreter: find the one below it.
python=$("$python" -c 'import os, sys; print(os.path.realpath(sys.executable))')
"$python" -m venv --clear $venv || die "could not make $venv with $python (on Debian: install python3-venv)"
$venv/bin/python -m pip install -qq --upgrade "pip>=25.1" || die "could not install pip; is the package index reachable?"
$venv/bin/python -m pip install -qq --editable . --group dev || die "could not install the dependencies"
state > $stamp

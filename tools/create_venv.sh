#!/bin/sh
# Create a virtual environment, or say in one line what is missing.
#   tools/create_venv.sh VENV [PYTHON]
set -u
venv=$1
wanted=${2:-}
fits='import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))'
without_venv=

# 3.11 first: the oldest that is supported is what the oldest dependencies are tested with.
for python in ${wanted:-python3.11 python3.12 python3.13 python3 python}; do
    "$python" -c "$fits" >/dev/null 2>&1 || continue
    if "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
        exec "$python" -m venv "$venv"
    fi
    without_venv=${without_venv:-$python}
done

if [ -n "$without_venv" ]; then
    echo "$without_venv lacks the venv module: install it (Debian and Ubuntu: apt install python3-venv), then run make again." >&2
elif [ -n "$wanted" ]; then
    echo "PYTHON=$wanted is no Python 3.11, 3.12 or 3.13: name one, as in 'make PYTHON=python3.11 demo'." >&2
else
    echo "No Python 3.11, 3.12 or 3.13 found: install one, or name it, as in 'make PYTHON=/path/to/python3.11 demo'." >&2
fi
exit 1

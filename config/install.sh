#!/bin/sh
# Make .venv and install requirements.txt into it; called by the Makefile with the Python to use.
set -eu
python=${1:-python3.11}

if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    echo "需要 Python 3.11 或更新版本 · Python 3.11 or newer is needed (make PYTHON=/path/to/python3.11)" >&2
    exit 1
fi
if ! .venv/bin/python -c 'import pip' 2>/dev/null; then
    echo "建立 .venv · making .venv ..."
    "$python" -m venv --clear .venv
fi
echo "安装依赖（首次约一分钟）· installing packages (about a minute the first time) ..."
if command -v uv >/dev/null 2>&1 && uv pip install --quiet --python .venv/bin/python --require-hashes -r requirements.txt; then
    exec .venv/bin/python -m config.fonts
fi
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
exec .venv/bin/python -m config.fonts

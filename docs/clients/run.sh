#!/usr/bin/env bash
# Generates both clients from a running Souk, checks their types and buys something with each.
set -euo pipefail
export SOUK="${SOUK:-http://localhost:${PORT:-8000}}"
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
work="${CLIENTS_DIR:-$here/build}"
mkdir -p "$work"
curl --fail --silent --show-error "$SOUK/api/schema?format=json" --output "$work/openapi.json"

echo "== TypeScript"
cp "$here"/typescript/* "$work"
cd "$work"
npm install --silent --no-audit --no-fund
npx openapi-typescript openapi.json --output souk.d.ts
npx tsc
node place_order.js

echo "== Python"
"${PYTHON:-python3}" -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check openapi-python-client==0.29.1 mypy==2.3.1 ruff==0.17.6
PATH="$work/venv/bin:$PATH" venv/bin/openapi-python-client generate --path openapi.json --output-path souk_client --overwrite --meta none > generated.log
cp "$here/python/place_order.py" .
venv/bin/mypy --no-error-summary place_order.py
venv/bin/python place_order.py

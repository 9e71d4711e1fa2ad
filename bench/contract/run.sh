#!/usr/bin/env bash
# Holds a running Souk against its OpenAPI document: linters, then schemathesis as each role, with all checks. It fills the marketplace
# with odd data and erases accounts: start one for it with `THROTTLE_SCALE=0 make run`, best with a SOUK_DATA_DIR of its own.
set -uo pipefail
export SOUK="${SOUK:-http://localhost:${PORT:-8000}}" PYTHONPATH=.
work="${CONTRACT_DIR:-bench/results/contract}"
mkdir -p "$work"
failed=0
curl --fail --silent --show-error "$SOUK/api/schema?format=json" --output "$work/openapi.json" || exit 1

echo 'extends: ["spectral:oas"]' > "$work/spectral.yaml"
npx --yes @stoplight/spectral-cli@6.16.3 lint "$work/openapi.json" --ruleset "$work/spectral.yaml" || failed=1
npx --yes @redocly/cli@2.77.0 lint "$work/openapi.json" --extends recommended --format summary || failed=1

[ -x "$work/venv/bin/st" ] || "${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check schemathesis==4.32.5 || exit 1
told="\nspectral and redocly: $([ $failed = 0 ] && echo no errors || echo errors, see above)"
for role in ${ROLES:-anonymous customer seller admin}; do
  echo "== $role"
  CONTRACT_ROLE=$role "$work/venv/bin/st" --config-file schemathesis.toml run "$SOUK/api/schema?format=json" \
    --max-examples "${EXAMPLES:-10}" --continue-on-failure --seed "${SEED:-1}" "$@" > "$work/$role.txt" 2>&1 || failed=1
  summary="$(grep -E "generated" "$work/$role.txt" || echo "  came to no end, see $work/$role.txt")"
  grep -E "❌" "$work/$role.txt"
  told="$told\n$role:$summary"
done
echo -e "$told"
exit $failed

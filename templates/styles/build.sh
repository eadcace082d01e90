#!/bin/sh
# Builds ../static/app.css from the Sass files here. Needs Node.js 20 or later, and the network
# the first time. The result is committed: neither building nor running the program needs this.
set -eu
cd "$(dirname "$0")"

[ -d node_modules/nhsuk-frontend ] && [ -d node_modules/sass ] || npm ci --no-fund --no-audit

npx --no-install sass --style=compressed --no-source-map --no-charset --quiet-deps \
  --load-path=node_modules/nhsuk-frontend/dist app.scss ../static/app.css

# We may not use the NHS's font or marks, nor ask another site for anything.
if grep -iqE 'frutiger|assets\.nhs\.uk|https?://' ../static/app.css; then
  grep -ioE '.{40}(frutiger|assets\.nhs\.uk|https?://).{40}' ../static/app.css >&2
  echo 'app.css refers to something we may not use (see above).' >&2
  exit 1
fi
wc -c ../static/app.css

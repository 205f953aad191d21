#!/usr/bin/env bash
# Makes a random secret for each service, once; existing ones are kept. Nothing ships with a default password.
set -euo pipefail
cd "$(dirname "$0")"
mkdir -p secrets
chmod 700 secrets
for name in mqtt_password mqtt_machine_password influx_password influx_token postgres_password grafana_password; do
  if [ -s "secrets/$name" ]; then
    echo "kept    deploy/secrets/$name"
    continue
  fi
  python3 -c 'import secrets; print(secrets.token_urlsafe(32), end="")' >"secrets/$name"
  # Readable by the services' own users inside their containers; the folder itself is closed to others on this host.
  chmod 644 "secrets/$name"
  echo "created deploy/secrets/$name"
done

#!/usr/bin/env bash
# Installs the Debian packages that the tests' real peers come from, where it may; says what is missing where not.
set -u
packages=(mosquitto influxdb victoria-metrics postgresql chromium-headless-shell fonts-dejavu-core)
missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
[ "${#missing[@]}" -eq 0 ] && exit 0
command="apt-get install -y --no-install-recommends ${missing[*]}"
if ! command -v apt-get >/dev/null; then
  echo "Not a Debian machine: tests that need ${missing[*]} will be skipped by name."
  exit 0
fi
if [ "$(id -u)" -eq 0 ]; then
  run=()
elif sudo -n true 2>/dev/null; then
  run=(sudo -n)
else
  echo "Tests that need ${missing[*]} will be skipped by name; to enable them: sudo $command"
  exit 0
fi
echo "Installing the tests' peers: ${missing[*]} …"
# Services of these packages must not start by themselves: the tests start their own on free ports.
export DEBIAN_FRONTEND=noninteractive
"${run[@]}" apt-get update -qq && "${run[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null ||
  echo "Could not install ${missing[*]}: their tests will be skipped by name."
exit 0

#!/bin/sh
# Hashes the secrets into a password file that lives in memory only, then starts the broker.
set -eu
umask 077
passwords=/run/mosquitto/passwords
: >"$passwords"
{
  printf 'taktline:%s\n' "$(cat /run/secrets/mqtt_password)"
  printf 'machines:%s\n' "$(cat /run/secrets/mqtt_machine_password)"
} >"$passwords"
mosquitto_passwd -U "$passwords"
exec mosquitto -c /mosquitto/config/mosquitto.conf

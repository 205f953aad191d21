"""MQTT: topics and payloads mapped to columns, acknowledged after the journal."""

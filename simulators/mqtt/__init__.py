"""Machines and sensors as MQTT publishers."""

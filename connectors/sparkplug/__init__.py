"""Sparkplug B over MQTT: births, data and deaths read as columns, and commands to nodes and devices."""

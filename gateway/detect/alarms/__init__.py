"""Alarms by ISA-18.2 and OPC UA Part 9 over what the rules find."""

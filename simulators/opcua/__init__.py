"""Machines as OPC UA servers."""

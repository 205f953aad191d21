"""Taktline's durable middle: what the product promises lives here."""

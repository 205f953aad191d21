"""The InfluxDB historian's inner rooms: line protocol, HTTP, InfluxQL."""

"""A simulated machine that takes job orders (OPC 10031-4)."""

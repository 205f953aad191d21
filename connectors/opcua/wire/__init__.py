"""OPC UA Binary as it comes off the socket: bounded, checked, and never misread."""

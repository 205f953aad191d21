"""What issues teach: where losses are, which practices the data shows, what to improve next."""

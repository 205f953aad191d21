"""Small parts that supervisors and deliveries are made of."""

"""Commands over MQTT: one message that is published once, and the machine's answer to it."""

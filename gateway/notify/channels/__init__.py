"""The ways out of the gateway: mail, services by Apprise, signed webhooks, and the page itself."""

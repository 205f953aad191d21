"""`taktline doctor`: what of this machine and of the peers would keep the gateway from doing what it promises."""

"""The production office: the desks that planning is asked at, each over the archive of versions."""

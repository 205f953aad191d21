"""Teams, their calendars, and who is on duty."""

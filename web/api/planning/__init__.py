"""The production office over REST: tables, demand, plans, routings, schedules."""

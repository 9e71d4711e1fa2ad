"""The parts of the back office that span apps: its dashboard, its menu, the roles of its staff."""

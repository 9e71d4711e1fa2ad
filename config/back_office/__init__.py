"""What of the back office spans apps: its dashboard, its menu, the roles of its staff."""

"""The HTTP views, grouped by caller."""

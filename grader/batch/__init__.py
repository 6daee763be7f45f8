"""A folder or an export of a learning platform: its reports, and what goes back."""

"""Live rows: the latest windows of each result, kept in Redis for the API and the dashboard."""

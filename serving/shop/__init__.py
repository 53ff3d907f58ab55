"""What the shop did: the windows of the stream and reports over the event lake, for the API and the dashboard."""

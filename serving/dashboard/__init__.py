"""The live dashboard: pages that show what the API answers."""

"""The parts of the dashboard, each a question and how its answer is shown."""

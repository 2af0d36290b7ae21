"""The fault run: a real browser and a real server, and between them everything that breaks on a phone's way."""

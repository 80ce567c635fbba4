"""Conversations in text: played from files as tests, or talked by hand."""

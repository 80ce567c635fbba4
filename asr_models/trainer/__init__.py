"""The trainer of the bundled model: `python -m asr_models.trainer --help`."""

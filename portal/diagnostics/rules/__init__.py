"""The questionnaire engine: pure functions over frozen dataclasses, no web and no database."""

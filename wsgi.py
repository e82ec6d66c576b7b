"""Where gunicorn and the flask command find the application."""

from portal import create_app

app = create_app()

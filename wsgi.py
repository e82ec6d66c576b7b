"""Where gunicorn and the flask command find the application."""

import gc

from portal import create_app

app = create_app()
# It lives as long as its process: not looked through again whenever a request has made rubbish,
# and shared by the web processes that are forked from this one.
gc.freeze()

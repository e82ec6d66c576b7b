"""What make runs: setting up, starting, checking and locking; the portal never imports it."""

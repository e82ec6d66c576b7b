"""What make runs: setting up, starting, checking and locking. The portal itself never imports it."""

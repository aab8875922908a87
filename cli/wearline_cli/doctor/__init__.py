"""``wearline doctor``: looks at an environment before anybody leaps, and changes nothing."""

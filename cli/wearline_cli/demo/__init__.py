"""``wearline demo``: the whole product in a few minutes, on the embedded AWS."""

"""The sandbox: a simulated mail world for demos and tests, and the pages that use it."""

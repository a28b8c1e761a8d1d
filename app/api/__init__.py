"""The lobby of the JSON door: how a React client written for Laravel 10 is talked to.

Input as PHP reads it, errors in Laravel's words, Laravel's envelopes. Knows no room: the rooms'
`api.py` declare endpoints with `app.api.door.endpoint`, app/rooms.py registers the loaders.
"""

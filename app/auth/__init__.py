"""People: sign up, sign in, sessions, password reset, profile and the tokens of the JSON door."""

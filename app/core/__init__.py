"""Foundation of the house: what every room stands on. Knows nothing of mail or campaigns."""

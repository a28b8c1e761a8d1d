"""What only installation admins see: the state of the system and the queue dashboard."""

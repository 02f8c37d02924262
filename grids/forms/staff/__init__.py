"""What an admin types about people and their terms."""

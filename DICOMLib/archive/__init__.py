"""The database as an archive that peers ask: answers to queries, and what is to be sent to them."""

"""A content network's edge: many sites behind one address, told apart by Host."""

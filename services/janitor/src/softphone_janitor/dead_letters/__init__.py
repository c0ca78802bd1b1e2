"""Dead letters: kept, listed for operators, replayed and dropped."""

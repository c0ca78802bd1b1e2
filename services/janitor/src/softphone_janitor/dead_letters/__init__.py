"""Dead letters: messages that no handler could process, kept for operators to replay."""

"""The sweep: what was begun and never completed goes to the recycle bin at night, and comes back."""

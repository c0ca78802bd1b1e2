"""Has the never completed moved to the recycle bin at night; touches no call itself."""

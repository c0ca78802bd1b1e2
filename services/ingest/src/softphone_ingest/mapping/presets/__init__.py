"""The mappings of the product for makes of phones, softphones and exchanges: one file each."""

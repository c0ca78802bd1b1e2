"""The security log of a service: a line in its log, and an entry that calllog keeps."""

#!/opt/mongodb/bin/python
"""Answers the health check of the compose file: does this server accept writes?"""

import sys
from pathlib import Path

from pymongo import MongoClient

password = Path("/run/secrets/mongo_password").read_text().strip()
client: MongoClient[dict[str, object]] = MongoClient(
    "mongodb", username="softphone", password=password, serverSelectionTimeoutMS=5000
)
sys.exit(0 if client.admin.command("hello")["isWritablePrimary"] else 1)

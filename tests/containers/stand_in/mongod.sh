#!/bin/bash
# SecantusDB in the place of MongoDB: the first start makes the administrator, later ones demand a password.
set -euo pipefail

server() { exec /opt/mongodb/bin/python /opt/mongod.py --storage-path /data/db --sync-on-commit --cache-size 128M "$@"; }

if [ ! -e /data/db/has_administrator ]; then
  server --host 127.0.0.1 --port 27018 &
  first=$!
  /opt/mongodb/bin/python - <<'PYTHON'
import os

from pymongo import MongoClient

password = open(os.environ["MONGO_INITDB_ROOT_PASSWORD_FILE"]).read().strip()
name = os.environ["MONGO_INITDB_ROOT_USERNAME"]
client = MongoClient("mongodb://127.0.0.1:27018/?directConnection=true", serverSelectionTimeoutMS=60_000)
client.admin.command("createUser", name, pwd=password, roles=["root"])
PYTHON
  kill "$first"
  wait "$first" || true
  touch /data/db/has_administrator
fi
server --host mongodb --port 27017 --auth

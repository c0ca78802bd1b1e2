// Initiates the replica set of one node the first time, and ends when the node accepts writes.
const password = fs.readFileSync("/run/secrets/mongo_password", "utf8").trim();
db.getSiblingDB("admin").auth("softphone", password);
try {
  rs.status();
} catch (error) {
  rs.initiate({_id: "softphone", members: [{_id: 0, host: "mongodb:27017"}]});
}
while (!db.hello().isWritablePrimary) {
  sleep(500);
}

// usage: node etcd3.mjs HOST:PORT : drives an etcd with the npm client etcd3 and prints what it saw, one line a call.
import { Etcd3 } from "etcd3";

const client = new Etcd3({ hosts: `http://${process.argv[2]}` });
const say = (name, value) => process.stdout.write(`${name} ${JSON.stringify(value)}\n`);
const watcher = await client.watch().prefix("/npm/").create();
const events = [];
const both = new Promise((resolve) => {
  watcher.on(
    "put",
    (kv) =>
      events.push(["put", kv.key.toString(), kv.value.toString(), kv.mod_revision]) && events.length === 2 && resolve(),
  );
  watcher.on(
    "delete",
    (kv) => events.push(["delete", kv.key.toString(), kv.mod_revision]) && events.length === 2 && resolve(),
  );
});
say("put", await client.put("/npm/a").value("one").exec());
say("get", await client.get("/npm/a").string());
say("delete", await client.delete().key("/npm/a").exec());
await both;
say("watch", events);
await watcher.cancel();
client.close();
process.exit(0);

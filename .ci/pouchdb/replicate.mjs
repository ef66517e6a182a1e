// The baseline beside our uplink: PouchDB, as an offline-first application would
// use it, replicating the same documents from its local store to a server that
// speaks CouchDB's protocol (express-pouchdb), both on LevelDB.
//
// Durability: LevelDB's writes go to its log without fsync, and PouchDB offers no
// other setting. What is acknowledged here would not survive a power cut; ours does.
//
//	node replicate.mjs serve DIR        prints the port
//	node replicate.mjs send DIR PORT N  replicates N documents, prints documents/s
import express from "express";
import expressPouchDB from "express-pouchdb";
import PouchDB from "pouchdb";
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";

const [, , what, dir, port, file] = process.argv;

if (what === "serve") {
  const Local = PouchDB.defaults({ prefix: dir + "/" });
  const app = express();
  app.use("/", expressPouchDB(Local, { mode: "minimumForPouchDB", logPath: dir + "/log.txt", configPath: dir + "/config.json" }));
  const server = app.listen(0, "127.0.0.1", () => console.log(server.address().port));
} else if (what === "send") {
  const local = new PouchDB(dir + "/local");
  let docs = [], n = 0;
  const put = async () => { await local.bulkDocs(docs); docs = []; };
  for await (const line of createInterface({ input: createReadStream(file) })) {
    docs.push({ _id: String(n++).padStart(9, "0"), ...JSON.parse(line) });
    if (docs.length === 500) await put();
  }
  await put();
  const remote = new PouchDB(`http://127.0.0.1:${port}/records`);
  const began = performance.now();
  const result = await local.replicate.to(remote, { batch_size: 500, batches_limit: 4 });
  const seconds = (performance.now() - began) / 1000;
  const { doc_count } = await remote.info();
  if (!result.ok || doc_count !== n) throw new Error(`${doc_count} of ${n} documents arrived`);
  console.log(JSON.stringify({ documents: n, seconds }));
} else {
  console.error("usage: node replicate.mjs serve DIR | send DIR PORT FILE");
  process.exit(2);
}

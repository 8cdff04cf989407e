// A server that writes to the database it runs, and tells each number once it is committed, until it is killed.

import { createLog, openDatabase, startEmbedded } from "@haggle/server";

const [folder, migrations] = process.argv.slice(2);
const log = createLog("silent");
const { url } = await startEmbedded(folder!, log);
const database = await openDatabase({ url, migrations: migrations!, tenant: "loop", log });
for (let note = 0; ; note++) {
  await database.query("insert into notes values ($1)", [note]);
  console.log(note);
}

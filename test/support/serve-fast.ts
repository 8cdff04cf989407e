import { createApp, createLog, readConfig } from "@haggle/server";

// A server in a process of its own whose clock runs ahead, so that it can be killed in the middle of schedules that take
// minutes: serve-fast.ts BEGIN SPEED, with the settings in the environment. Prints its address.

const [begin = 0, speed = 1] = process.argv.slice(2).map(Number);

const config = readConfig(process.env);
const { server } = await createApp(config, {
  clock: () => begin + (Date.now() - begin) * speed,
  log: createLog("error", process.stderr),
});
console.log(await server.listen({ host: "127.0.0.1", port: 0 }));

// Taplo's language server over standard input and output: one message of the protocol on each line. Its argument is
// the folder where it is installed.
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { isAbsolute, join } from "node:path";
import { createInterface } from "node:readline";

const installed = createRequire(join(process.argv[2], "package.json"));
const { TaploLsp } = installed("@taplo/lsp");

// It would ask a catalogue in the network for further schemas.
globalThis.fetch = () => Promise.reject(new Error("nothing is fetched"));

const environment = {
  now: () => new Date(),
  envVar: () => undefined,
  envVars: () => [],
  stdErrAtty: () => false,
  stdin: process.stdin,
  stdout: process.stderr,
  stderr: process.stderr,
  glob: () => [],
  readFile,
  writeFile,
  urlToFilePath: (url) => decodeURIComponent(new URL(url).pathname),
  isAbsolute,
  cwd: () => process.cwd(),
  findConfigFile: (folder) => [join(folder, ".taplo.toml")].find(existsSync),
};
const onMessage = (message) => console.log(JSON.stringify(message));
const server = await TaploLsp.initialize(environment, { onMessage });
for await (const line of createInterface({ input: process.stdin })) {
  server.send(JSON.parse(line));
}

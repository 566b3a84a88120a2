/** Ways to files, to the process that the host is, and to the network, of which this engine has none. */

import { attack, type Call, ways } from "./told.ts";

type Anything = any;
const everything: Anything = globalThis;

/** Calls a global function of an engine or a runtime; one that is not there is refused. */
const by = (name: string, ...given: unknown[]): Anything => {
  const found = name.split(".").reduce((holder: Anything, part) => holder[part], everything);
  return found(...given);
};

/** Every way to read a file that JavaScript has anywhere. */
const read = (path: string) => async (): Promise<unknown> => {
  const tried = [
    () => by("std.open", path, "r"),
    () => by("os.open", path, 0),
    () => by("require", "fs").readFileSync(path),
    () => by("process.binding", "fs").open(path),
    () => by("Deno.readTextFileSync", path),
    () => by("Bun.file", path),
    () => by("fetch", `file://${path}`),
    () => by("load", path),
    () => by("readFile", path),
  ];
  for (const way of tried) {
    try {
      return await way();
    } catch {
      continue;
    }
  }
  throw new Error("no way leads there");
};

attack("files: outside", () => {
  const paths: Record<string, string> = {
    "read by dots": "/inside/../outside/secret.txt",
    "read by many dots": `/inside/${"../".repeat(40)}etc/passwd`,
    "read past the directories": "/etc/passwd",
    "read of the process": "/proc/self/environ",
    "read through a link": "/inside/out/secret.txt",
    "read a link": "/inside/secret",
    "read an absolute link": "/inside/absolute",
    "read a link to everything": "/inside/everything/etc/passwd",
  };
  return ways(Object.fromEntries(Object.entries(paths).map(([name, path]) => [name, read(path)])));
});

attack("files: none", () =>
  ways({
    "its own source": read("plugin.js"),
    "the SDK's source": read("/sdk/src/index.ts"),
    "the directory": () => by("os.readdir", "."),
    "the root": () => by("os.readdir", "/"),
    "a file of its own": () => by("std.open", "own.txt", "w"),
    "a file in /tmp": () => by("std.open", "/tmp/own.txt", "w"),
    "the database": read("sqlservice.db"),
    "the configuration": read("sqlservice.toml"),
  }),
);

attack("surroundings", () => {
  const size = (holder: Anything, ...path: string[]): number => {
    const found = path.reduce((inner, part) => inner?.[part], holder);
    return found ? Object.keys(found).length : 0;
  };
  return [
    `variables: ${size(everything, "process", "env") + size(everything, "std", "environ")}`,
    `arguments: ${size(everything, "scriptArgs") + size(everything, "process", "argv")}`,
    `input: ${size(everything, "std", "in")}`,
    `machine: ${everything.navigator?.userAgent === undefined}`,
  ];
});

attack("network", () => {
  const cases: Record<string, Call> = {
    connect: () => by("os.connect", "127.0.0.1", 22),
    "look up a name": () => by("require", "dns").lookup("localhost"),
    "look up a host": () => by("Deno.resolveDns", "example.org", "A"),
    send: () => by("Deno.listenDatagram", { port: 9 }),
    listen: () => by("Deno.listen", { port: 0 }),
    "a page": () => by("fetch", "http://127.0.0.1/"),
    "a file as a page": () => new everything.XMLHttpRequest().open("GET", "file:///etc/passwd"),
    "a socket of the machine": () => new everything.WebSocket("ws://127.0.0.1/var/run/docker.sock"),
  };
  return ways(cases);
});

attack("processes", () => {
  const cases: Record<string, Call> = {
    "a program": () => by("os.exec", ["/bin/true"]),
    "a shell": () => by("require", "child_process").execSync("true"),
    "a fork": () => by("std.popen", "true", "r"),
    "replace the program": () => by("process.abort"),
    "a thread": () => new everything.Worker("data:,"),
    "another process": () => new everything.os.Worker("late.js"),
    "a signal": () => by("os.kill", 1, 15),
    memory: () => new everything.WebAssembly.Memory({ initial: 1 }),
  };
  return ways(cases);
});

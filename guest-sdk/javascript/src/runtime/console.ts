import stderr from "wasi:cli/stderr@0.2.6";
import stdout from "wasi:cli/stdout@0.2.6";

import { inspect } from "./inspect.ts";
import { type OutputStream, writeLine } from "./output-stream.ts";

function printer(open: () => OutputStream): (...values: unknown[]) => void {
  return (...values) =>
    writeLine(open(), values.map((one) => (typeof one === "string" ? one : inspect(one))).join(" "));
}

const out = printer(() => stdout.getStdout());
const err = printer(() => stderr.getStderr());

/** The usual calls: `log`, `info` and `debug` go to standard output, `warn`, `error` and `trace` to standard error. */
export const console = { log: out, info: out, debug: out, warn: err, error: err, trace: err };

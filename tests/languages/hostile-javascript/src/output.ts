/** What prints more than it may, and what tries to steer who reads it. */

import stdout from "wasi:cli/stdout@0.2.6";

import { attack } from "./told.ts";

/** What steers a terminal, and forges a line of a log. */
export const ESCAPES =
  "\x1b[2J\x1b[1;1H\x1b]0;owned\x07\x1b]52;c;cm0=\x07\r\x08\u202eHOST: granted\u2028[error] forged line";

attack("output: a flood", () => {
  const line = "x".repeat(1000);
  for (let at = 0; at < 2_000; at++) console.log(line);
  return ["it has printed"];
});

attack("output: a line without an end", () => {
  const stream = stdout.getStdout();
  const part = new Uint8Array(4096).fill(120);
  for (let at = 0; at < 5_000; at++) stream.blockingWriteAndFlush(part);
  return ["it has printed"];
});

attack("output: escapes", () => {
  console.log(ESCAPES);
  console.error(ESCAPES);
  stdout.getStdout().blockingWriteAndFlush(new Uint8Array([0xff, 0xfe, 0, 0x1b, 0x5b, 0x33, 0x31, 0x6d, 10]));
  return ["it has printed"];
});

attack("output: errors", () => {
  const line = "[error] forged\n".repeat(60);
  for (let at = 0; at < 2_000; at++) console.error(line);
  return ["it has printed"];
});

import { TextEncoder } from "./text.ts";

/** WASI's stream to write to. */
export interface OutputStream {
  blockingWriteAndFlush(contents: Uint8Array): void;
}

/** How many bytes the host takes at once. */
const MOST = 4096;

/** Writes a line. A stream that is closed takes nothing, and says nothing. */
export function writeLine(stream: OutputStream, line: string): void {
  const bytes = new TextEncoder().encode(`${line}\n`);
  try {
    for (let at = 0; at < bytes.length; at += MOST) stream.blockingWriteAndFlush(bytes.slice(at, at + MOST));
  } catch {
    return;
  }
}

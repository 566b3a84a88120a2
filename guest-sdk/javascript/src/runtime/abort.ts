import { setTimeout } from "./timers.ts";

type Listener = (event: { readonly type: "abort"; readonly target: AbortSignal }) => void;
type Options = { readonly once?: boolean } | boolean;

/** Signals that work is cancelled, and why. */
export class AbortSignal {
  /** Called once, when the signal is aborted. */
  onabort: Listener | null = null;
  private isAborted = false;
  private why: unknown = undefined;
  private readonly listeners = new Set<Listener>();

  get aborted(): boolean {
    return this.isAborted;
  }

  get reason(): unknown {
    return this.why;
  }

  throwIfAborted(): void {
    if (this.isAborted) throw this.why;
  }

  /** Adds a listener for `abort`, which is dispatched once. */
  addEventListener(type: "abort", listener: Listener, _options?: Options): void {
    if (type === "abort" && !this.isAborted) this.listeners.add(listener);
  }

  removeEventListener(_type: "abort", listener: Listener, _options?: Options): void {
    this.listeners.delete(listener);
  }

  /** Returns a signal that is already aborted. */
  static abort(reason?: unknown): AbortSignal {
    const { signal, abort } = aborter();
    abort(reason);
    return signal;
  }

  /** Returns a signal that aborts after a number of milliseconds. */
  static timeout(milliseconds: number): AbortSignal {
    const { signal, abort } = aborter();
    setTimeout(() => abort(new DOMException("the operation timed out", "TimeoutError")), milliseconds);
    return signal;
  }

  /** Returns a signal that aborts as soon as one of the given signals does. */
  static any(signals: Iterable<AbortSignal>): AbortSignal {
    const { signal, abort } = aborter();
    for (const one of signals) {
      if (one.aborted) abort(one.reason);
      else one.addEventListener("abort", () => abort(one.reason));
    }
    return signal;
  }

  /** Aborts a signal. Only the signal's creator may call this. */
  static end(signal: AbortSignal, reason: unknown): void {
    if (signal.isAborted) return;
    signal.isAborted = true;
    signal.why = reason === undefined ? new DOMException("the operation was aborted", "AbortError") : reason;
    const event = { type: "abort", target: signal } as const;
    signal.onabort?.(event);
    for (const listener of signal.listeners) listener(event);
    signal.listeners.clear();
  }
}

function aborter(): { signal: AbortSignal; abort: (reason?: unknown) => void } {
  const signal = new AbortSignal();
  return { signal, abort: (reason) => AbortSignal.end(signal, reason) };
}

/** Owns a signal to pass to work, and aborts it. */
export class AbortController {
  readonly signal = new AbortSignal();

  abort(reason?: unknown): void {
    AbortSignal.end(this.signal, reason);
  }
}

import { setTimeout } from "./timers.ts";

type Listener = (event: { readonly type: "abort"; readonly target: AbortSignal }) => void;
type Options = { readonly once?: boolean } | boolean;

/** Says that work is no longer wanted, and why. */
export class AbortSignal {
  /** Called once, when work is no longer wanted. */
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

  /** Listens to `abort`, which comes once. */
  addEventListener(type: "abort", listener: Listener, _options?: Options): void {
    if (type === "abort" && !this.isAborted) this.listeners.add(listener);
  }

  removeEventListener(_type: "abort", listener: Listener, _options?: Options): void {
    this.listeners.delete(listener);
  }

  /** A signal that says so already. */
  static abort(reason?: unknown): AbortSignal {
    const { signal, abort } = aborter();
    abort(reason);
    return signal;
  }

  /** A signal that says so after so many milliseconds. */
  static timeout(milliseconds: number): AbortSignal {
    const { signal, abort } = aborter();
    setTimeout(() => abort(new DOMException("the operation timed out", "TimeoutError")), milliseconds);
    return signal;
  }

  /** A signal that says so as soon as one of others does. */
  static any(signals: Iterable<AbortSignal>): AbortSignal {
    const { signal, abort } = aborter();
    for (const one of signals) {
      if (one.aborted) abort(one.reason);
      else one.addEventListener("abort", () => abort(one.reason));
    }
    return signal;
  }

  /** For its controller alone. */
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

/** Gives a signal to work, and ends that work. */
export class AbortController {
  readonly signal = new AbortSignal();

  abort(reason?: unknown): void {
    AbortSignal.end(this.signal, reason);
  }
}

/** Number types for exported functions: each names the WIT type of a parameter or a result. */

/** A signed 64-bit integer, `s64`, as a number. A value that a number cannot hold exactly is an error. */
export type int = number;
/** A signed 32-bit integer, `s32`. */
export type int32 = number;
/** A signed 16-bit integer, `s16`. */
export type int16 = number;
/** An unsigned 64-bit integer, `u64`, as a number. */
export type uint = number;
/** An unsigned 32-bit integer, `u32`. */
export type uint32 = number;
/** A 64-bit float, `f64`, which is also the type of a plain `number`. */
export type float = number;

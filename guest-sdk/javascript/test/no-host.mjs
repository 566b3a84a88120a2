/** Replaces the host in tests that do not need one. */
export default {};

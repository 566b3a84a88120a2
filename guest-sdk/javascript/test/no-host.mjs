/** Stands for the host in tests of what needs none. */
export default {};

//! The README: every code block is run or compiled, so that what a stranger copies works.

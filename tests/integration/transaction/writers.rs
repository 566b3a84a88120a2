//! G09: many writers of one file.

use sqlservice_host::Val;
use sqlservice_tests::{Backend, Fixture, component::GUEST_CONFORMANCE, for_each};

use crate::scene::Scene;

/// Eight writers of one file, each in an instance of its own: none is refused, and no count is lost.
#[test]
fn g09_t39_many_writers_that_read_first_are_all_committed() {
    const WRITERS: usize = 8;
    const TIMES: u32 = 50;
    for_each(&[Backend::Sqlite], async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        scene.saw("g09-setup", &[]).await;
        let writers = (0..WRITERS).map(|_| scene.said(GUEST_CONFORMANCE, "g09-write", &[Val::U32(TIMES)]));
        let ends = futures::future::join_all(writers).await;
        assert_eq!(ends, vec![Ok(Vec::new()); WRITERS], "everybody committed everything");
        let counted = scene.saw("g09-count", &[]).await;
        assert_eq!(counted, [format!("[0, {}]", 8 * TIMES)]);
    });
}

//! Random operations on objects: whatever is done, the database, the objects and a plain model of them agree.

use std::hash::{BuildHasher as _, RandomState};

use sqlservice_host::Val;
use sqlservice_tests::{Backend, Fixture, for_each_database};

use crate::scene::Scene;

/// How long each sequence is.
const STEPS: u32 = 40;

/// The same sequences every time, and others every time; a failure tells the seed and what was done.
#[test]
fn u_objects_agree_with_a_plain_model_of_them() {
    for_each_database(async |fixture: &Fixture| {
        let scene = Scene::new(fixture);
        let sequences = if fixture.backend() == Backend::Sqlite { 400 } else { 60 };
        for seed in [2012, RandomState::new().hash_one(2012)] {
            let arguments = [Val::U64(seed), Val::U32(sequences), Val::U32(STEPS)];
            let wrong = scene.saw("u-random", &arguments).await;
            assert!(wrong.is_empty(), "on {} from the seed {seed}:\n{}", fixture.backend(), wrong.join("\n"));
        }
    });
}

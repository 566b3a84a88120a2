//! B29: random operations on objects: whatever is done, the database, the objects and a plain model of them agree.

use std::hash::{BuildHasher as _, RandomState};

use sqlservice_host::Val;
use sqlservice_tests::{Backend, Fixture, for_each_database};

use crate::scene::Scene;

/// How many sequences each database plays, half of them the same every time. More of them: `SQLSERVICE_SEQUENCES=5000`.
fn sequences(backend: Backend) -> usize {
    let asked = std::env::var("SQLSERVICE_SEQUENCES").ok().map(|text| text.parse().expect("a number"));
    asked.unwrap_or(if backend == Backend::Sqlite { 600 } else { 100 })
}

/// Bytes that a seed makes, each the choice of something.
fn choices(seed: u64) -> Vec<u8> {
    let mut state = seed | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 24) as u8
    };
    let length = 20 + usize::from(next()) % 100;
    (0..length).map(|_| next()).collect()
}

async fn play(scene: &Scene<'_>, sequences: &[Vec<u8>]) -> Vec<String> {
    let bytes = |choices: &Vec<u8>| Val::List(choices.iter().map(|choice| Val::U8(*choice)).collect());
    scene.saw("unit-random", &[Val::List(sequences.iter().map(bytes).collect())]).await
}

/// The shortest sequence that still goes wrong: pieces are left out, and choices made smaller, as long as it does.
async fn shrunk(scene: &Scene<'_>, mut choices: Vec<u8>) -> (Vec<u8>, String) {
    let mut wrong = play(scene, std::slice::from_ref(&choices)).await.remove(0);
    loop {
        let mut tries: Vec<Vec<u8>> = Vec::new();
        for length in [32, 8, 4, 2, 1] {
            let cut = |at: usize| [&choices[..at], &choices[(at + length).min(choices.len())..]].concat();
            tries.extend((0..choices.len()).step_by(length).map(cut));
        }
        let smaller =
            |at: usize| choices[..at].iter().copied().chain([choices[at] / 2]).chain(choices[at + 1..].iter().copied());
        tries.extend((0..choices.len()).filter(|at| choices[*at] > 0).map(|at| smaller(at).collect()));
        let said = play(scene, &tries).await;
        let Some(better) = said.iter().position(|said| !said.is_empty()) else { return (choices, wrong) };
        (choices, wrong) = (tries.swap_remove(better), said[better].clone());
    }
}

/// How many of each half are one case: a case has two minutes.
const PART: usize = 250;

/// B and C: the same sequences every time, and others every time. A failure is told as the shortest sequence that fails.
#[test]
fn b29_objects_agree_with_a_plain_model_of_them() {
    let seeds = [2012, RandomState::new().hash_one(2012)];
    let half = |backend| sequences(backend) / 2;
    for start in (0..half(Backend::Sqlite)).step_by(PART) {
        for_each_database(async |fixture: &Fixture| {
            let scene = Scene::new(fixture);
            let end = half(fixture.backend()).min(start + PART);
            for seed in seeds {
                let step = |number: usize| seed.wrapping_add((number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
                let all: Vec<_> = (start..end).map(|number| choices(step(number))).collect();
                for part in all.chunks(100) {
                    if let Some(at) = play(&scene, part).await.iter().position(|wrong| !wrong.is_empty()) {
                        let (choices, wrong) = shrunk(&scene, part[at].clone()).await;
                        panic!("{choices:?} on {}: {wrong}", fixture.backend());
                    }
                }
            }
        });
    }
}

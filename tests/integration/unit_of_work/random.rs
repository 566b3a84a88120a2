//! B29: after random operations on objects, the database, the objects and a plain model of them agree.

use std::hash::{BuildHasher as _, RandomState};

use sqlservice_host::Val;
use sqlservice_tests::{Backend, Fixture, for_each_database};

use crate::scene::Scene;

/// The number of sequences for a database, half of them the same in every run. `SQLSERVICE_SEQUENCES=5000` sets another number.
fn sequences(backend: Backend) -> usize {
    let asked = std::env::var("SQLSERVICE_SEQUENCES").ok().map(|text| text.parse().expect("a number"));
    asked.unwrap_or(if backend == Backend::Sqlite { 600 } else { 100 })
}

/// Generates bytes from a seed, each of which makes one choice in a sequence.
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

/// Shrinks a failing sequence, by leaving out pieces and lowering choices while it still fails. Returns it with its error.
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

/// The sequences of each half in one case, which has a time limit of two minutes.
const PART: usize = 250;

/// B and C: the same sequences in every run, and as many new ones. A failure is reported as a shrunk sequence.
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

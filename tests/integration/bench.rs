//! The benchmark: a quick run on every database writes its JSON lines and its chart.

use std::{fs, process::Command};

use serde_json::Value;
use sqlservice_tests::{Backend, Fixture, for_each_database};

#[test]
fn the_benchmark_measures_every_party_at_the_same_work() {
    let mut build = xtask::workspace::cargo();
    build.args(["build", "--quiet", "--workspace", "--example", "bench"]);
    xtask::progress::run_quietly(&mut build).expect("the benchmark builds");
    let program = xtask::workspace::target().join("debug/examples/bench");
    for_each_database(async |fixture: &Fixture| {
        let chart = fixture.dir().join("chart.svg");
        let peer = fixture.dir().join("peer.sh");
        let db = match fixture.backend() {
            Backend::Postgres => "postgresql",
            Backend::MariaDb => "mariadb",
            _ => "sqlite",
        };
        // The peer's arguments are its own URL and the number of rounds.
        let line = format!("{{\"peer\":\"other\",\"db\":\"{db}\",\"work\":\"read\",\"n\":1000,\"ms\":50}}");
        fs::write(&peer, format!("test \"$1 $2\" = 'its:url 2' && echo '{line}'\n")).expect("a file");
        let mut command = Command::new(&program);
        command.args(["--quick", "--rounds", "2", "--json", "--svg"]).arg(&chart).args(["--peer", "sh"]).arg(&peer);
        command.env("SQLSERVICE_BENCH_DATABASES", fixture.url()).env("SQLSERVICE_BENCH_PEERS", "its:url");
        let output = command.output().expect("it runs");
        let [printed, errors] = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
        assert!(output.status.success(), "{printed}{errors}");
        let lines: Vec<Value> = printed.lines().map(|line| serde_json::from_str(line).expect("a JSON line")).collect();
        let measured = |peer: &str, work: &str| {
            lines.iter().any(|line| {
                line["db"] == db && line["peer"] == peer && line["work"] == work && line["ms"].as_f64() > Some(0.0)
            })
        };
        for work in ["read", "point", "bulk"] {
            assert!(measured("guest", work) && measured("sqlx", work), "{work}:\n{printed}");
            assert_eq!(measured("rusqlite", work), db == "sqlite", "{work}:\n{printed}");
        }
        for work in ["load", "flush", "dirty", "eager", "ddl", "cross", "instance", "call"] {
            assert!(measured("guest", work), "{work}:\n{printed}");
        }
        for (party, at_once) in ["warm", "fresh", "sqlx"].iter().flat_map(|party| [1, 8, 64].map(|n| (*party, n))) {
            let crowd = lines.iter().find(|line| {
                line["db"] == db && line["work"] == "crowd" && line["peer"] == party && line["at_once"] == at_once
            });
            let crowd = crowd.unwrap_or_else(|| panic!("{party}, {at_once} at once:\n{printed}"));
            for figure in ["per_second", "p50_us", "p99_us", "processor_us"] {
                assert!(crowd[figure].as_f64() > Some(0.0), "{figure}: {crowd}");
            }
        }
        assert!(measured("other", "read"), "{printed}");
        for line in &lines {
            let ours = db == "sqlite" && line["peer"] != "other";
            assert_eq!(line["durability"].as_str(), ours.then_some("full"), "{line}");
        }
        let chart = fs::read_to_string(chart).expect("a chart");
        assert!(chart.starts_with("<svg") && chart.contains(&format!("{db} read / other")), "{chart}");
    });
}

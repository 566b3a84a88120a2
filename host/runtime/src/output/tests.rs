//! Tests of a plugin's output, with the text of a hostile plugin.

use std::sync::{Mutex, PoisonError};

use sqlservice_db::{Observer, Scope};

use super::*;

/// A buffer with the bytes that a stream has printed.
#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl Paper {
    fn take(&self) -> String {
        let bytes = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        String::from_utf8(bytes).expect("a text")
    }

    fn stream(&self, output: &Arc<Output>) -> Stream {
        output.stream(Target::Kept(Arc::clone(&self.0)))
    }
}

/// An observer that records the reported numbers of dropped bytes.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<u64>>>);

impl Observer for Told {
    fn event(&self, event: &Event<'_>) {
        if let Event::OutputDropped(dropped) = event {
            self.0.lock().expect("no panic while it was held").push(dropped.bytes);
        }
    }
}

impl Told {
    fn take(&self) -> Vec<u64> {
        std::mem::take(&mut *self.0.lock().expect("no panic while it was held"))
    }
}

fn limits(bytes: Option<u64>, rate: Option<u64>, line: Option<usize>) -> Arc<OutputLimit> {
    OutputLimit::new(&TenantLimits::trusted().output_bytes(bytes).output_rate(rate).output_line(line))
}

fn output(limit: &Arc<OutputLimit>, told: &Told) -> Arc<Output> {
    Output::new(Arc::clone(limit), Instruments::new(Scope::default(), Some(Arc::new(told.clone()))))
}

#[test]
fn t79_a_call_prints_so_much_and_the_next_one_again() {
    let (paper, told) = (Paper::default(), Told::default());
    let output = output(&limits(Some(10), None, None), &told);
    let (out, err) = (paper.stream(&output), paper.stream(&output));
    for _ in 0..1_000 {
        out.print(b"abc\n").expect("it is dropped");
        err.print(b"xyz\n").expect("it is dropped");
    }
    assert_eq!(paper.take(), "abc\nxyz\nab");
    output.end_call();
    assert_eq!(told.take(), [7_990]);
    out.print(b"abc\n").expect("it is printed");
    output.end_call();
    assert_eq!((paper.take().as_str(), told.take()), ("abc\n", Vec::new()));
}

#[test]
fn t79_instances_of_a_tenant_print_so_much_together_and_others_as_before() {
    let (paper, told) = (Paper::default(), Told::default());
    let (loud, silent) = (limits(None, Some(1), None), limits(None, Some(1), None));
    let (one, two, other) = (output(&loud, &told), output(&loud, &told), output(&silent, &told));
    paper.stream(&one).print(&[b'a'; 100]).expect("a part is printed");
    paper.stream(&two).print(&[b'b'; 100]).expect("it is dropped");
    paper.stream(&other).print(b"cc").expect("it is printed");
    assert_eq!(paper.take(), "aaaacc");
    drop((one, two, other));
    assert_eq!(told.take(), [96, 100]);
}

#[test]
fn t73_a_line_has_an_end() {
    let (paper, told) = (Paper::default(), Told::default());
    let output = output(&limits(None, None, Some(5)), &told);
    let out = paper.stream(&output);
    for piece in ["abc", "defgh", "ij\nkl", "\n\nmnopqrst\n", "u"] {
        out.print(piece.as_bytes()).expect("a part is printed");
    }
    assert_eq!(paper.take(), "abcde\nkl\n\nmnopq\nu");
    output.end_call();
    assert_eq!(told.take(), [8]);
}

#[test]
fn t73_a_terminal_is_not_steered_by_pieces_either() {
    let (paper, told) = (Paper::default(), Told::default());
    let output = output(&limits(None, None, None), &told);
    let mut out = paper.stream(&output);
    out.escapes = true;
    let said = "ok\t\u{1b}[2J\u{9b}31m\u{202e}gpj\r\u{7}größer 😀\n".as_bytes();
    let shown = "ok\t\\u{1b}[2J\\u{9b}31m\\u{202e}gpj\\u{d}\\u{7}größer 😀\n";
    for size in 1..said.len() {
        said.chunks(size).for_each(|piece| out.print(piece).expect("it is printed"));
        assert_eq!(paper.take(), shown, "pieces of {size}");
    }
    out.print(b"\xff\xc3(\xf0\x9f").expect("it is printed");
    out.print(b"x\n").expect("it is printed");
    // One replacement character for each invalid byte sequence, including the one that was cut off and never completed.
    assert_eq!(paper.take().replace('\u{fffd}', "?"), "??(?x\n");
}

#[test]
fn t79_a_flood_that_is_dropped_is_kept_nowhere() {
    let (paper, told) = (Paper::default(), Told::default());
    let output = output(&OutputLimit::new(&TenantLimits::default()), &told);
    let out = paper.stream(&output);
    let page = [b'x'; 4_096];
    for _ in 0..100_000 {
        out.print(&page).expect("it is dropped");
    }
    assert_eq!(paper.take().len(), 8 << 10);
    output.end_call();
    assert_eq!(told.take(), [100_000 * 4_096 - (8 << 10)]);
}

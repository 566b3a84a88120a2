//! Row sinks with readers that are slow, request large batches or were dropped.

use std::sync::atomic::{AtomicU64, Ordering};

use sqlservice_sql::{
    Scalar,
    batch::{BatchBuilder, VectorKind},
};

use super::*;

fn batch(from: i64, rows: usize) -> Batch {
    let mut builder = BatchBuilder::with_capacity(&[VectorKind::Integer], rows);
    for row in 0..rows {
        builder.columns()[0].push_i64(from + row as i64).expect("small");
        builder.end_row();
    }
    builder.finish().expect("small")
}

fn numbers(batch: &Batch) -> Vec<i64> {
    let number = |row| match batch.value(row, 0) {
        sqlservice_sql::Value::Scalar(Scalar::Integer(number)) => number,
        other => panic!("{other:?}"),
    };
    (0..batch.rows as usize).map(number).collect()
}

/// Fills batches of the requested size with the numbers from 0, and counts the batches that were begun.
async fn fill(mut sink: RowSink, count: i64, begun: Arc<AtomicU64>) -> SinkOutcome {
    let (mut next, mut rows) = (0, sink.demand().rows as i64);
    while count - next > rows {
        begun.fetch_add(1, Ordering::SeqCst);
        let full = batch(next, rows as usize);
        next += rows;
        match sink.deliver(full).await {
            Next::More(demand) => rows = demand.rows as i64,
            Next::Stop => return sink.fate(),
        }
    }
    sink.finish(batch(next, (count - next) as usize));
    sink.fate()
}

struct Open {
    head: FirstBatch,
    clock: Clock,
    begun: Arc<AtomicU64>,
    closing: Arc<Notify>,
    task: tokio::task::JoinHandle<SinkOutcome>,
}

async fn open(rows: u32, count: i64) -> Open {
    let (sender, head) = oneshot::channel();
    let clock = Clock::new(None);
    let sink = RowSink::call(sender, FetchSize::of(rows, 1 << 20), None, clock.clone());
    let (begun, closing) = (Arc::default(), sink.closing());
    let task = tokio::spawn(fill(sink, count, Arc::clone(&begun)));
    Open { head: head.await.expect("a head"), clock, begun, closing, task }
}

/// Yields to the sink's task as long as it can run. Afterwards it has ended or waits for its reader.
async fn settle(open: &Open) {
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
    assert!(open.clock.is_idle() || open.task.is_finished());
}

fn want(open: &Open, rows: u32, bytes: u32) {
    open.head.demands.send_replace(FetchSize::of(rows, bytes));
}

async fn take(open: &mut Open) -> Vec<i64> {
    match open.head.pages.recv().await {
        Some(Page::More(batch)) => numbers(&batch),
        _ => Vec::new(),
    }
}

#[tokio::test]
async fn batches_are_read_ahead_once_a_second_was_asked_for() {
    let mut open = open(4, 100).await;
    settle(&open).await;
    assert_eq!((numbers(&open.head.batch), open.begun.load(Ordering::SeqCst)), (vec![0, 1, 2, 3], 1));
    want(&open, 4, 1 << 10);
    assert_eq!(take(&mut open).await, [4, 5, 6, 7]);
    settle(&open).await;
    assert_eq!(open.begun.load(Ordering::SeqCst), 4, "one lies there, one is full, no more is begun");
    // Batches filled from now on have the new size.
    want(&open, 10, 1 << 10);
    assert_eq!(take(&mut open).await, [8, 9, 10, 11]);
    assert_eq!(take(&mut open).await, [12, 13, 14, 15]);
    assert_eq!(take(&mut open).await, (16..26).collect::<Vec<_>>());
}

#[tokio::test]
async fn the_end_of_a_statement_does_not_wait_for_its_reader() {
    let mut open = open(4, 11).await;
    want(&open, 4, 1 << 10);
    assert_eq!(take(&mut open).await, [4, 5, 6, 7]);
    match open.task.await.expect("no panic") {
        SinkOutcome::Cursor(_, last) => assert_eq!(numbers(&last), [8, 9, 10]),
        SinkOutcome::Whole(..) => panic!("a cursor reads"),
    }
}

#[tokio::test]
async fn large_batches_are_filled_one_by_one() {
    let mut open = open(4, 100).await;
    for from in [4, 8, 12] {
        want(&open, 4, 16 << 20);
        assert_eq!(take(&mut open).await, (from..from + 4).collect::<Vec<_>>());
        settle(&open).await;
        assert_eq!(open.begun.load(Ordering::SeqCst), from as u64 / 4 + 1);
    }
    // Smaller ones again: the sink does not wait for a request that it already has.
    want(&open, 4, 1 << 10);
    for from in [16, 20, 24, 28] {
        assert_eq!(take(&mut open).await, (from..from + 4).collect::<Vec<_>>());
    }
    // Large ones again: one more batch may be ready.
    want(&open, 4, 16 << 20);
    for from in [32, 36, 40, 44] {
        assert_eq!(take(&mut open).await, (from..from + 4).collect::<Vec<_>>());
        want(&open, 4, 16 << 20);
    }
}

#[tokio::test]
async fn a_feed_without_a_reader_ends_wherever_it_waits() {
    for asked in [false, true] {
        let open = open(4, 100).await;
        if asked {
            want(&open, 4, 1 << 10);
        }
        settle(&open).await;
        open.closing.notify_one();
        // A cursor's reader gets the reason for the end with the last page.
        assert!(matches!(open.task.await.expect("no panic"), SinkOutcome::Cursor(..)));
    }
    // The sink detects a dropped reader without a notification.
    for asked in [false, true] {
        let open = open(4, 100).await;
        if asked {
            want(&open, 4, 1 << 10);
            settle(&open).await;
        }
        drop(open.head);
        open.task.await.expect("no panic");
    }
}

/// Opens a sink that a cursor reads in small batches.
async fn read_by_cursor(max_rows: Option<u64>) -> (RowSink, FirstBatch) {
    let (sender, head) = oneshot::channel();
    let mut sink = RowSink::call(sender, FetchSize::of(4, 1 << 10), max_rows, Clock::new(None));
    let reader = async {
        let head = head.await.expect("a head");
        head.demands.send_replace(FetchSize::of(4, 1 << 10));
        head
    };
    let (next, head) = tokio::join!(sink.deliver(batch(0, 4)), reader);
    assert!(matches!(next, Next::More(_)));
    (sink, head)
}

#[tokio::test]
async fn a_statement_that_stops_where_nothing_waits_was_left_as_well() {
    let (mut sink, mut head) = read_by_cursor(None).await;
    assert!(matches!(sink.try_deliver(batch(4, 4)), Ok(Next::More(_))));
    assert!(!sink.was_left());
    assert!(matches!(head.pages.recv().await, Some(Page::More(_))));
    drop(head);
    assert!(matches!(sink.try_deliver(batch(8, 4)), Ok(Next::Stop)));
    assert!(sink.was_left());

    let (mut sink, _head) = read_by_cursor(Some(6)).await;
    assert!(matches!(sink.try_deliver(batch(4, 4)), Ok(Next::Stop)));
    assert!(sink.was_left() && sink.is_over().is_some());
}

#[test]
fn a_batch_that_was_handed_over_at_once_touches_the_sink() {
    let mut sink = RowSink::collect(None);
    assert!(sink.is_untouched());
    assert!(sink.try_deliver(batch(0, 4)).is_ok());
    assert!(!sink.is_untouched());
}

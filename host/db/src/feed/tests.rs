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

/// Fills batches of the numbers from 0 as demanded, and counts those that were begun.
async fn fill(mut feed: Feed, count: i64, begun: Arc<AtomicU64>) -> Fate {
    let (mut next, mut rows) = (0, feed.demand().rows as i64);
    while count - next > rows {
        begun.fetch_add(1, Ordering::SeqCst);
        let full = batch(next, rows as usize);
        next += rows;
        match feed.deliver(full).await {
            Next::More(demand) => rows = demand.rows as i64,
            Next::Stop => return feed.fate(),
        }
    }
    feed.finish(batch(next, (count - next) as usize)).await;
    feed.fate()
}

struct Open {
    head: Head,
    clock: Clock,
    begun: Arc<AtomicU64>,
    closing: Arc<Notify>,
    task: tokio::task::JoinHandle<Fate>,
}

async fn open(rows: u32, count: i64) -> Open {
    let (sender, head) = oneshot::channel();
    let clock = Clock::new(None);
    let feed = Feed::call(sender, Demand::of(rows, 1 << 20), None, clock.clone());
    let (begun, closing) = (Arc::default(), feed.closing());
    let task = tokio::spawn(fill(feed, count, Arc::clone(&begun)));
    Open { head: head.await.expect("a head"), clock, begun, closing, task }
}

/// Lets the other task go on until it waits.
async fn settle(open: &Open) {
    while !open.clock.is_idle() && !open.task.is_finished() {
        tokio::task::yield_now().await;
    }
}

async fn ask(open: &mut Open, rows: u32, bytes: u32) -> Vec<i64> {
    open.head.demands.send(Demand::of(rows, bytes)).await.expect("a feed");
    match open.head.pages.recv().await {
        Some(Page::More(batch)) => numbers(&batch),
        _ => Vec::new(),
    }
}

#[tokio::test]
async fn one_batch_is_read_ahead_once_a_second_was_asked_for() {
    let mut open = open(4, 100).await;
    settle(&open).await;
    assert_eq!((numbers(&open.head.first), open.begun.load(Ordering::SeqCst)), (vec![0, 1, 2, 3], 1));
    assert_eq!(ask(&mut open, 4, 1 << 10).await, [4, 5, 6, 7]);
    settle(&open).await;
    assert_eq!(open.begun.load(Ordering::SeqCst), 3, "the third is there, the fourth is not begun");
    assert_eq!(ask(&mut open, 4, 1 << 10).await, [8, 9, 10, 11]);
    // More is not there at once, less is cut off, and nothing is lost.
    assert_eq!(ask(&mut open, 50, 1 << 10).await, [12, 13, 14, 15]);
    assert_eq!(ask(&mut open, 3, 1 << 10).await, [16, 17, 18]);
    assert_eq!(ask(&mut open, 40, 16).await, [19, 20]);
    assert_eq!(ask(&mut open, 40, 1 << 10).await, (21..61).collect::<Vec<_>>());
}

#[tokio::test]
async fn the_last_rows_wait_for_their_reader() {
    let mut open = open(4, 11).await;
    assert_eq!(ask(&mut open, 4, 1 << 10).await, [4, 5, 6, 7]);
    settle(&open).await;
    assert!(!open.task.is_finished(), "the session is occupied until the reader asks");
    assert_eq!(ask(&mut open, 2, 1 << 10).await, [8, 9]);
    open.head.demands.send(Demand::of(2, 1 << 10)).await.expect("a feed");
    match open.task.await.expect("no panic") {
        Fate::Cursor(_, last) => assert_eq!(numbers(&last), [10]),
        Fate::Whole(..) => panic!("a cursor reads"),
    }
}

#[tokio::test]
async fn large_batches_are_not_read_ahead() {
    let mut open = open(4, 100).await;
    assert_eq!(ask(&mut open, 4, 16 << 20).await, [4, 5, 6, 7]);
    settle(&open).await;
    assert_eq!(open.begun.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_feed_without_a_reader_ends_wherever_it_waits() {
    for asked in 0..2 {
        let mut open = open(4, 100).await;
        for _ in 0..asked {
            ask(&mut open, 4, 1 << 10).await;
        }
        settle(&open).await;
        open.closing.notify_one();
        // Its reader hears why from what is sent last.
        assert!(matches!(open.task.await.expect("no panic"), Fate::Cursor(..)));
    }
    let mut open = open(4, 7).await;
    open.head.demands.send(Demand::of(1, 1 << 10)).await.expect("a feed");
    drop(open.head.pages.recv().await);
    open.closing.notify_one();
    assert!(matches!(open.task.await.expect("no panic"), Fate::Cursor(..)));
}

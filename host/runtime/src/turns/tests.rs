//! Tests of turns among tenants that compute without end.

use tokio::time::{sleep, timeout};

use super::*;
use crate::bounded::{TimeLimits, bounded, thread_time};

/// Locked by each test that keeps all processors busy: tests that run at the same time would measure each other.
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

const FREE: TimeLimits = TimeLimits { wall: None, processor: None };

/// Computes for this much processor time, independent of the machine's load.
fn compute(time: Duration) {
    let began = thread_time();
    while thread_time().saturating_sub(began) < time {
        std::hint::spin_loop();
    }
}

/// A tenant's calls, and the microseconds for which they have computed.
struct Crowd {
    tasks: Vec<tokio::task::JoinHandle<()>>,
    done: Arc<AtomicU64>,
}

/// Starts `calls` calls of one tenant, which compute in slices of this length.
fn crowd(turns: &Arc<Turns>, calls: usize, slice: Duration, end: &Arc<AtomicBool>) -> Crowd {
    let (share, done) = (Arc::new(Share::new(turns)), Arc::new(AtomicU64::new(0)));
    let call = || {
        let (share, done, end) = (Arc::clone(&share), Arc::clone(&done), Arc::clone(end));
        tokio::spawn(async move {
            let work = async {
                while !end.load(Ordering::Relaxed) {
                    compute(slice);
                    done.fetch_add(u64::try_from(slice.as_micros()).unwrap_or(0), Ordering::Relaxed);
                    yield_now().await;
                }
            };
            bounded(FREE, &share, work).await.expect("no limit");
        })
    };
    Crowd { tasks: (0..calls).map(|_| call()).collect(), done }
}

/// Starts `calls` callers of one tenant, each of which makes calls of this length one after the other.
fn callers(turns: &Arc<Turns>, calls: usize, length: Duration, end: &Arc<AtomicBool>) -> Crowd {
    let (share, done) = (Arc::new(Share::new(turns)), Arc::new(AtomicU64::new(0)));
    let caller = || {
        let (share, done, end) = (Arc::clone(&share), Arc::clone(&done), Arc::clone(end));
        tokio::spawn(async move {
            while !end.load(Ordering::Relaxed) {
                bounded(FREE, &share, async { compute(length) }).await.expect("no limit");
                done.fetch_add(u64::try_from(length.as_micros()).unwrap_or(0), Ordering::Relaxed);
                yield_now().await;
            }
        })
    };
    Crowd { tasks: (0..calls).map(|_| caller()).collect(), done }
}

impl Crowd {
    async fn microseconds(self) -> u64 {
        for task in self.tasks {
            task.await.expect("a task");
        }
        self.done.load(Ordering::Relaxed)
    }
}

/// Returns the microseconds that each crowd computed in three seconds.
async fn after_a_while(crowds: impl IntoIterator<Item = Crowd>, end: &AtomicBool) -> Vec<u64> {
    sleep(Duration::from_secs(3)).await;
    end.store(true, Ordering::Relaxed);
    let mut times = Vec::new();
    for crowd in crowds {
        times.push(crowd.microseconds().await);
    }
    times
}

/// T-60: a tenant's share depends neither on how many of its calls compute, nor on how long they compute before they yield.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t60_tenants_compute_for_the_same_time() {
    let _alone = ALONE.lock().await;
    let (turns, end) = (Arc::<Turns>::default(), Arc::new(AtomicBool::new(false)));
    let millis = Duration::from_millis;
    let sizes = [(25, millis(10)), (5, millis(10)), (25, millis(1)), (2, millis(3))];
    let crowds = sizes.map(|(calls, slice)| crowd(&turns, calls, slice, &end));
    let times = after_a_while(crowds, &end).await;
    let (least, most) = (times.iter().min().expect("one"), times.iter().max().expect("one"));
    assert!(most - least < most / 4, "{times:?}");
    assert!(turns.lock().tenants.is_empty() && turns.lock().taken == 0 && turns.lock().offered.is_empty());
}

/// T-60: a tenant's share does not depend on how its computing is cut into calls.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t60_calls_that_are_shorter_than_a_slice_wait_for_their_turns() {
    let _alone = ALONE.lock().await;
    let (turns, end) = (Arc::<Turns>::default(), Arc::new(AtomicBool::new(false)));
    let micros = Duration::from_micros;
    let mut crowds =
        Vec::from([(8, 300), (2, 4_000)].map(|(calls, length)| callers(&turns, calls, micros(length), &end)));
    crowds.push(crowd(&turns, 3, micros(10_000), &end));
    let times = after_a_while(crowds, &end).await;
    let (least, most) = (times.iter().min().expect("one"), times.iter().max().expect("one"));
    assert!(most - least < most / 4, "{times:?}");
}

/// T-60: the timers of the runtime, and calls that compute little, are not delayed while many calls compute.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t60_what_computes_little_is_served_at_once() {
    let _alone = ALONE.lock().await;
    let (turns, end) = (Arc::<Turns>::default(), Arc::new(AtomicBool::new(false)));
    let crowds: Vec<Crowd> = (0..50).map(|_| crowd(&turns, 1, Duration::from_millis(10), &end)).collect();
    // Each crowd may take its first turn at once, so the test begins after that.
    sleep(Duration::from_secs(1)).await;
    let share = Arc::new(Share::new(&turns));
    let mut late = Vec::new();
    for _ in 0..100 {
        let share = Arc::clone(&share);
        // On a thread of the runtime, like a call that waits for a socket.
        let waited = tokio::spawn(async move {
            let at = Instant::now();
            bounded(FREE, &share, sleep(Duration::from_millis(5))).await.expect("no limit");
            at.elapsed().saturating_sub(Duration::from_millis(5))
        });
        late.push(waited.await.expect("a task"));
    }
    end.store(true, Ordering::Relaxed);
    for crowd in crowds {
        crowd.microseconds().await;
    }
    late.sort_unstable();
    println!("late: median {:?}, 95 of 100 {:?}, latest {:?}", late[50], late[95], late[99]);
    assert!(late[50] < Duration::from_millis(60) && late[95] < Duration::from_millis(120), "{late:?}");
}

/// A turn that is reserved for a call that is no longer polled goes to others, and so do the turns of cancelled calls.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t60_no_turn_is_lost() {
    let _alone = ALONE.lock().await;
    let (turns, end) = (Arc::<Turns>::default(), Arc::new(AtomicBool::new(false)));
    let running = crowd(&turns, 4, Duration::from_millis(2), &end);
    let sleeping: Vec<Share> = (0..20).map(|_| Share::new(&turns)).collect();
    let mut asleep = Vec::new();
    for share in &sleeping {
        let mut call = Box::pin(share.turn());
        assert!(futures::poll!(call.as_mut()).is_pending());
        asleep.push(call);
    }
    asleep.truncate(10);
    sleep(Duration::from_millis(50)).await;
    let before = running.done.load(Ordering::Relaxed);
    for _ in 0..200 {
        turns.take_back();
        sleep(Duration::from_millis(10)).await;
    }
    let grown = running.done.load(Ordering::Relaxed).saturating_sub(before);
    assert!(grown > 200_000, "{grown} microseconds of two seconds");
    // The remaining calls still exist, and request a turn again when they are polled.
    for call in asleep {
        drop(timeout(Duration::from_secs(5), call).await.expect("a turn"));
    }
    end.store(true, Ordering::Relaxed);
    running.microseconds().await;
    assert_eq!(turns.lock().taken, 0);
}

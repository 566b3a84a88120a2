//! A line on the terminal while something takes long.

use std::{thread, time::Duration};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Work that takes less than this shows nothing.
const MOMENT: Duration = Duration::from_millis(700);

/// A spinner with the elapsed time, on standard error, where that is a terminal. Dropping it removes the line.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// Starts the spinner.
    pub(crate) fn start(what: String, quiet: bool) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
            bar.set_style(style);
        }
        bar.set_message(what);
        if !quiet {
            show_later(bar.clone());
        }
        Self(bar)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// Shows the line after the moment, if the work is not done by then. Without a thread for it there is no line.
fn show_later(bar: ProgressBar) {
    let show = move || {
        thread::sleep(MOMENT);
        if !bar.is_finished() {
            bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(10));
            bar.enable_steady_tick(Duration::from_millis(200));
        }
    };
    drop(thread::Builder::new().name("progress".to_owned()).spawn(show));
}

//! The library's messages as events of `tracing`.

use crate::error::Result;
use crate::ffi::{LogLevel, set_log};

/// Has messages of `least` and above become events of `tracing`, with the target `dishtayantra_lmdb`; see
/// [`set_log`](crate::set_log).
pub fn log_to_tracing(least: LogLevel) -> Result<()> {
    const TARGET: &str = "dishtayantra_lmdb";
    set_log(least, |level, message| match level {
        LogLevel::Error => tracing::error!(target: TARGET, "{message}"),
        LogLevel::Warn => tracing::warn!(target: TARGET, "{message}"),
        LogLevel::Info => tracing::info!(target: TARGET, "{message}"),
        LogLevel::Debug => tracing::debug!(target: TARGET, "{message}"),
    })
}

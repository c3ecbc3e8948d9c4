//! What an output has in common with its input when nobody says otherwise: how long it lives, and whether it has a checksum.
//! So the settings of the exchange reach what calculators of every language write.

use crate::envelope::Info;
use crate::error::Result;
use crate::options::PutOptions;
use std::sync::{Arc, OnceLock};

/// Time to live in milliseconds, and whether there is a checksum, of an input that was looked at. It says nothing that the
/// input does not. Clones share it: the output is mostly put by way of another one than the input was looked at.
#[derive(Debug, Default)]
pub(super) struct LikeInput(OnceLock<Arc<OnceLock<(u64, bool)>>>);

impl Clone for LikeInput {
    fn clone(&self) -> LikeInput {
        LikeInput(OnceLock::from(self.shared().clone()))
    }
}

impl PartialEq for LikeInput {
    fn eq(&self, _: &LikeInput) -> bool {
        true
    }
}

impl Eq for LikeInput {}

impl LikeInput {
    /// Notes what the input has.
    pub fn note(&self, input: &Info) {
        let _ = self.shared().set((input.ttl_ms, input.checksum.is_some()));
    }

    fn shared(&self) -> &Arc<OnceLock<(u64, bool)>> {
        self.0.get_or_init(Arc::default)
    }

    /// Makes an output like its input, which `look` looks for when it was not looked at; one that is gone says nothing.
    pub fn adopt(&self, output: &mut PutOptions, look: impl FnOnce() -> Result<Option<Info>>) -> Result<()> {
        if self.shared().get().is_none()
            && let Some(input) = look()?
        {
            self.note(&input);
        }
        if let Some(&(ttl_ms, checksum)) = self.shared().get() {
            output.ttl_ms = ttl_ms;
            output.checksum |= checksum;
        }
        Ok(())
    }
}
